import type { Asked, Entry, Lease } from '@yuzhi/database/journal';
import type { Store } from '@yuzhi/database/store';
import type { Command, Envelope, Outcome, Principal } from '@yuzhi/protocol/declare';
import { platformRefusals } from '@yuzhi/protocol/platform';
import type { Answered, Decision, Sent } from './decision.ts';
import type { Handlers } from './handlers.ts';
import { askedOf, inputHash } from './ids.ts';
import type { Taken } from './log.ts';

/** A record of one of our partitions, under the lease it was taken with. `error` condemns it: Postgres refused it. */
export interface Leased extends Taken {
  lease: Lease;
  error?: string;
}
/** A record as its batch sees it before the decision. */
export interface Judged {
  taken: Leased;
  envelope: Envelope;
  asked: Asked;
  /** A door's request without a key of its own: nobody can have sent it before. */
  fresh: boolean;
  hash: string;
  command: Command | undefined;
  store: Store<unknown, unknown> | undefined;
}

/** An owner that does not know this version yet: the partition waits for its deployment. */
export class UnknownVersion extends Error {}

const ANSWER = 'platform.answer.v1';
const CLOCK = 'platform.clock.v1';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** What Postgres can hold, compare and index: without it a command could be neither filed nor found again. */
const isName = (s: unknown): boolean =>
  typeof s === 'string' && s.length > 0 && s.length <= 255 && !s.includes('\0') && s.isWellFormed();

/** By hand, for every command of every batch comes here. @throws TypeError that names what is wrong */
function assertEnvelope(given: unknown): asserts given is Envelope {
  if (typeof given !== 'object' || given === null) throw new TypeError('no envelope');
  const { id, idempotencyKey, type, key, principal } = given as Partial<Envelope>;
  if (typeof id !== 'string' || !UUID.test(id)) throw new TypeError('no envelope: id');
  const { party, person, roles } = principal ?? {};
  if (!isName(type) || !isName(key) || !isName(idempotencyKey)) throw new TypeError('no envelope: type or keys');
  if (!isName(party) || !isName(person)) throw new TypeError('no envelope: principal');
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string')) {
    throw new TypeError('no envelope: roles');
  }
}

export const answerType = ANSWER;

/** A control record moves the platform clock of the partition it stands in. */
export function isControl({ value }: Taken): { offsetMs: number } | undefined {
  if (!value.startsWith(`{"type":"${CLOCK}"`)) return undefined;
  try {
    const { offsetMs } = JSON.parse(value) as { offsetMs: number };
    return Number.isSafeInteger(offsetMs) && offsetMs >= 0 ? { offsetMs } : undefined;
  } catch {
    return undefined;
  }
}
export const clockRecord = (offsetMs: number): string => JSON.stringify({ type: CLOCK, offsetMs });

/** Bytes that are no envelope are quarantined; whatever is one goes on to the decision. */
export function read(taken: Leased, entry: Entry, handlers: Handlers, service: string): Judged | undefined {
  try {
    const envelope: unknown = JSON.parse(taken.value);
    assertEnvelope(envelope);
    const { principal, key, id, idempotencyKey } = envelope;
    const asked = askedOf(principal.party, key, idempotencyKey);
    const fresh = id === idempotencyKey && !principal.roles.includes('service');
    const hash = inputHash(envelope.type, envelope.key, envelope.data);
    const handler = handlerOf(envelope, handlers);
    if (!handler) refuseUnknownVersion(envelope.type, handlers, service);
    return { taken, envelope, asked, fresh, hash, command: handler?.command, store: handler?.store };
  } catch (e) {
    if (e instanceof UnknownVersion) throw e;
    const { partition, offset, key, value, lease } = taken;
    entry.quarantined.push({ topic: lease.topic, partition, offset, key, value, error: String(e) });
    return undefined;
  }
}

const handlerOf = ({ type, data }: Envelope, { commands, answers }: Handlers) =>
  type === ANSWER ? answers.get((data as Answered).of) : commands.get(type);

/** Only a newer version than ours is waited for; what nobody knows any more will not be known by waiting. */
function refuseUnknownVersion(type: string, { commands }: Handlers, service: string): void {
  const [, of, version] = /^(.*\.v)(\d+)$/.exec(type) ?? [];
  if (!of || !type.startsWith(`${service}.`)) return;
  const ours = [...commands.keys()].filter((known) => known.replace(/\d+$/, '') === of);
  const newer = ours.length > 0 && ours.every((known) => Number(known.slice(of.length)) < Number(version));
  if (newer) throw new UnknownVersion(`${service} does not know ${type} yet`);
}

type Judgement = { outcome: Outcome } | { decide: (state: unknown, now: number) => Decision<unknown> };

/** Permission again, and the data again: the envelope is trusted for who it says, not for what it may. */
export function judge({ envelope, store }: Judged, handlers: Handlers, service: string): Judgement {
  const { type, principal } = envelope;
  if (type === ANSWER) return judgeAnswer(envelope, handlers, service);
  const handler = handlers.commands.get(type);
  if (!handler || !store) throw new Error(`no handler for ${type}`);
  if (!permitted(handler.command, principal, service)) {
    return { outcome: { status: platformRefusals.forbidden.status, code: 'forbidden', body: {} } };
  }
  const sent = { ...envelope, data: handler.command.data.parse(envelope.data) } as Sent<Command>;
  return { decide: (state, now) => handler.decide(state, sent, now) };
}

function judgeAnswer({ data, principal }: Envelope, handlers: Handlers, service: string): Judgement {
  const { of, outcome, asked } = data as Answered;
  const handler = handlers.answers.get(of);
  if (!handler || principal.party !== `service:${handler.command.service}`)
    throw new Error(`${service} never asked ${of}`);
  const { table } = handler;
  return {
    decide(state, now) {
      if (state === undefined) throw new Error(`an answer of ${of} for an aggregate that is not there`);
      if (outcome.status < 400) return table.accepted(state, answered(handler.command, outcome), now, asked);
      const refused = table.refused[outcome.code];
      const body = outcome.body as Record<string, unknown>;
      return refused
        ? refused(state, { code: outcome.code, body }, now, asked)
        : table.failed(state, { code: outcome.code }, now, asked);
    },
  };
}

/** A body that was left out is none, whatever the declaration says: the command is not meant for anyone's eyes. */
const answered = ({ answer }: Command, { body }: Outcome) => (body === null ? null : answer.parse(body)) as never;

/** Our own services may send what is declared for them and what their own events and deadlines lead to. */
export function permitted({ permission, askedBy }: Command, { party, roles }: Principal, service: string): boolean {
  if (roles.includes('service')) {
    const from = party.slice('service:'.length);
    return from === service || askedBy.includes(from);
  }
  if (permission === 'anyone' || permission === 'person') return true;
  return roles.some((role) => permission.includes(role));
}
