import { sleep } from 'k6';
import exec from 'k6/execution';
import http, { type Response } from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';
import type { AskInput, SendInput } from '@yuzhi/protocol/client';
import type { AnswerOf, Command, Query } from '@yuzhi/protocol/declare';
import { fillRoute } from '../../../libs/protocol/src/fill-route.ts';
import type { Actor, Given, Token } from '../load/given.ts';

declare const __ENV: Record<string, string>;
declare function open(file: string): string;

export const given = JSON.parse(open(__ENV['YUZHI_GIVEN']!)) as Given;

/** From when it should have been sent to its outcome, ms. */
const latency = new Trend('latency', true);
/** The share of commands that were answered with an outcome or turned away politely. */
const answered = new Rate('answered');
/** The share of outcomes that are acceptances. */
const accepted = new Rate('accepted');
/** Turned away before they reached the log: 429 and 503 with Retry-After. */
const shed = new Counter('shed');
/** Lines of the client's log. */
const logged = new Counter('logged');

/** Reads of an operation whose outcome was not there in time. */
const READS = 40;
const READ_EVERY_S = 0.25;
const REQUEST_WITHIN = '10s';

/** Of this VU. */
const tokens: Record<string, Token> = Object.fromEntries(given.actors.map(({ login, token }) => [login, token]));

function tokenOf({ login }: Actor): string {
  const held = tokens[login];
  if (held && held.until > Date.now()) return held.token;
  const path = `${given.prompter}/tokens/${encodeURIComponent(login)}`;
  const got = http.get(path, { tags: { name: 'token' } }).json() as unknown as Token;
  tokens[login] = got;
  return got.token;
}

export interface Outcome<T> {
  status: number;
  /** `done`, or the refusal's code. */
  code: string;
  body: T & { id?: string };
}
export interface SendOptions {
  /** The same key again never does it twice; a new one when absent. */
  key?: string;
  /** Epoch ms; now when absent. */
  intendedAt?: number;
  /** Of the first attempt under this key; now when absent. */
  sentAt?: number;
}

let sent = 0;
/** Different for every request of the run. */
export const newKey = (): string =>
  `${given.run}-${exec.scenario.name}-${exec.scenario.iterationInTest}-${exec.vu.idInTest}-${sent++}`;

const codeOf = (status: number, body: unknown) =>
  status < 400 ? 'done' : ((body as { code?: string } | null)?.code ?? `http-${status}`);
const bodyOf = ({ body }: Response): unknown => {
  try {
    return JSON.parse(body as string) as unknown;
  } catch {
    return null;
  }
};
const headersOf = (actor?: Actor) => ({
  accept: 'application/json',
  'content-type': 'application/json',
  ...(actor && { authorization: `Bearer ${tokenOf(actor)}`, 'x-organisation': actor.party }),
});

/** Reads an operation that was not decided in time until it is; undefined when it never is. */
function readOutcome(operation: string, actor: Actor): Outcome<object> | undefined {
  for (let reads = 0; reads < READS; reads++) {
    sleep(READ_EVERY_S);
    const params = { headers: headersOf(actor), tags: { name: 'operation' } };
    const response = http.get(given.url + operation, params);
    if (response.status === 200) return bodyOf(response) as Outcome<object>;
  }
  return undefined;
}

const isShed = ({ status, headers }: Response) => (status === 429 || status === 503) && !!headers['Retry-After'];

/** Of one VU: whoever has read so many knows. */
const COMPLAINTS_MAX = 3;
let complaints = 0;
function complain(type: string, { status, error, body }: Response): void {
  if (++complaints <= COMPLAINTS_MAX) console.warn(`${type}: ${status} ${error || JSON.stringify(body).slice(0, 200)}`);
}

/**
 * Sends a command and answers its outcome; undefined where there was none. What the owner decided is a line of the
 * client's log: `console.log` goes there.
 */
export function send<C extends Command>(
  type: string,
  input: SendInput<C>,
  actor: Actor,
  { key = newKey(), intendedAt = Date.now(), sentAt = Date.now() }: SendOptions = {},
): Outcome<AnswerOf<C>> | undefined {
  const { path, rest } = fillRoute(given.routes[type]!, input);
  const headers = { ...headersOf(actor), 'idempotency-key': key };
  const response = http.post(given.url + path, JSON.stringify(rest), {
    headers,
    timeout: REQUEST_WITHIN,
    tags: { name: type },
    responseCallback: http.expectedStatuses({ min: 200, max: 499 }, 503),
  });
  const operation = response.headers['Operation-Location'];
  const said = bodyOf(response);
  const direct = { status: response.status, code: codeOf(response.status, said), body: said as object };
  const isDirect =
    operation !== undefined && response.status >= 200 && response.status < 500 && response.status !== 202;
  const outcome = response.status === 202 && operation ? readOutcome(operation, actor) : isDirect ? direct : undefined;
  const answeredAt = Date.now();
  const tags = { name: type };
  answered.add(outcome !== undefined || isShed(response), tags);
  if (isShed(response)) shed.add(1, tags);
  else if (!outcome) complain(type, response);
  if (!outcome || !operation) return undefined;
  latency.add(answeredAt - intendedAt, tags);
  accepted.add(outcome.status < 400, tags);
  const [, , , service, aggregate] = operation.split('/');
  const line = { service, aggregate: decodeURIComponent(aggregate!), idempotencyKey: key, party: actor.party, type };
  console.log(JSON.stringify({ ...line, ...outcome, intendedAt, sentAt, answeredAt }));
  logged.add(1);
  return outcome as Outcome<AnswerOf<C>>;
}

/** Requests of one intention: what is shed or lost is repeated under its key. */
const ATTEMPTS = 6;
const AGAIN_S = 1;

/** Sends a command until it is decided. Throws with the outcome where it was not accepted. */
export function insist<C extends Command>(
  type: string,
  input: SendInput<C>,
  actor: Actor,
  { key = newKey(), sentAt = Date.now(), intendedAt }: SendOptions = {},
): Outcome<AnswerOf<C>>['body'] {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const outcome = send<C>(type, input, actor, { key, sentAt, ...(intendedAt !== undefined && { intendedAt }) });
    if (outcome && outcome.status < 400) return outcome.body;
    if (outcome) throw new Error(`${type}: ${outcome.code}`);
    sleep(AGAIN_S);
  }
  throw new Error(`${type}: no outcome after ${ATTEMPTS} attempts`);
}

/** Undefined where the answer was none: a refusal, or nobody there. */
export function ask<Q extends Query>(type: string, params: AskInput<Q>, actor?: Actor): AnswerOf<Q> | undefined {
  const { path, rest } = fillRoute(given.routes[type]!, params);
  const query = Object.entries(rest).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  const since = Date.now();
  const response = http.get(given.url + path + (query.length ? `?${query.join('&')}` : ''), {
    headers: headersOf(actor),
    timeout: REQUEST_WITHIN,
    tags: { name: type },
    // What follows a command on another service may not be there yet.
    responseCallback: http.expectedStatuses({ min: 200, max: 499 }),
  });
  if (response.status !== 200) return undefined;
  latency.add(Date.now() - since, { name: type });
  return bodyOf(response) as AnswerOf<Q>;
}

/** Asks until something is found; throws when it is not within the seconds. */
export function until<T>(what: string, find: () => T | undefined | false, withinS = 180): T {
  const end = Date.now() + withinS * 1000;
  for (let waitS = 0.05; ; waitS = Math.min(waitS * 1.5, 0.5)) {
    const found = find();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${withinS} s`);
    sleep(waitS);
  }
}
