import { permit, type Principals, type SignedIn } from '@yuzhi/chassis/principals';
import { Denied, parseInput, sendDenied, sendProblem, traceIdOf } from '@yuzhi/chassis/problem';
import { strict } from '@yuzhi/chassis/strict';
import { derivedId, uuidv7 } from '@yuzhi/messaging/ids';
import type { Log } from '@yuzhi/messaging/log';
import { type Command, type Envelope, mints, type Principal } from '@yuzhi/protocol/declare';
import { platformRefusals } from '@yuzhi/protocol/platform';
import { span } from '@yuzhi/telemetry/tracing';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Admission } from './admission.ts';
import type { Callers, Ending } from './callers.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends a command, and has been admitted. */
    principal: Principal | undefined;
  }
}

export interface CommandDoorParts {
  http: FastifyInstance;
  log: Pick<Log, 'send'>;
  admission: Admission;
  callers: Callers;
  principals: Principals;
  /** The channel on which owners reply to this process. */
  gateway: string;
  answerWithinMs: number;
}
/** A command with what can be worked out of it once. */
interface Prepared {
  command: Command;
  path: string;
  data: z.ZodType;
  minted: boolean;
  keyInRoute: boolean;
  /** Parameters of the route that are fields of the data. */
  others: string[];
}

const KEY = /^[\x21-\x7e]{1,200}$/;

/** Commands with a route: onto the log, and back with the outcome, or with where it will be. */
export class CommandDoor {
  /** Of each owner, the addresses of all its commands. */
  readonly #addresses = new Map<string, RegExp>();

  constructor(private readonly parts: CommandDoorParts) {}

  /** Says before a request is looked at whether its owner's line is closed. */
  turnAway({ method, url }: IncomingMessage): 'overloaded' | undefined {
    if (method !== 'POST') return undefined;
    const now = performance.now();
    for (const [owner, addresses] of this.#addresses) {
      if (this.parts.admission.isClosed(owner, now) && addresses.test(url!)) return 'overloaded';
    }
    return undefined;
  }

  register(commands: readonly Command[]): void {
    this.parts.http.decorateRequest('principal', undefined);
    for (const command of commands) {
      if (!command.route) continue;
      if (command.permission === 'anyone') throw new TypeError(`${command.type}: a command needs to know its sender`);
      const prepared = prepare(command);
      const config = { commandType: command.type };
      // Whoever is turned away is so before his body is read: it costs least then, and there is least time for it.
      const onRequest = (request: FastifyRequest, _: FastifyReply, done: () => void) =>
        this.#admit(command, request) ?? done();
      const route = { config, onRequest };
      this.parts.http.post(prepared.path, route, (request, reply) => this.#take(prepared, request, reply));
    }
    for (const [owner, of] of Map.groupBy(commands, ({ service }) => service)) {
      const addresses = of.flatMap(({ route }) => (route ? [pathOf(route).replaceAll(/:\w+/g, '[^/?]+')] : []));
      this.#addresses.set(owner, new RegExp(`^(?:${addresses.join('|')})(?:\\?|$)`));
    }
  }

  /** At once, unless the token has to be verified first. */
  #admit(command: Command, request: FastifyRequest): Promise<void> | undefined {
    const { principals, admission } = this.parts;
    const admit = (asker: SignedIn | undefined) => {
      permit(command.permission, asker?.principal);
      request.principal = asker!.principal;
      admission.admit(asker!.principal.party);
    };
    const found = principals.of(request.headers);
    if (found instanceof Promise) return found.then(admit);
    admit(found);
    return undefined;
  }

  async #take(prepared: Prepared, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { command } = prepared;
    const { callers, log } = this.parts;
    const envelope = this.#envelope(prepared, request);
    const ending = callers.wait(command, envelope);
    const { traceparent } = request.headers;
    const inbound = traceIdOf(traceparent) ? (traceparent as string) : undefined;
    const traced = span(command.route!, 'server', inbound, { 'yuzhi.type': command.type });
    if (traced.traceparent) request.traced = envelope.traceparent = traced.traceparent;
    const { id } = envelope;
    log.send([{ topic: command.topic, key: envelope.key, value: JSON.stringify(envelope) }]).then(
      () => callers.durable(id),
      (error: unknown) => callers.settle(id, error instanceof RangeError ? 'too-large' : 'unsent'),
    );
    const ended = await ending;
    traced.end({ 'yuzhi.outcome': typeof ended === 'string' ? ended : ended.code });
    return answer(reply, prepared, envelope, ended);
  }

  #envelope(prepared: Prepared, request: FastifyRequest): Envelope {
    const { command, minted, keyInRoute } = prepared;
    const principal = request.principal!;
    const params = request.params as Record<string, string>;
    const data = dataOf(prepared, request.body, params);
    const parsed = parseInput(prepared.data, data) as Record<string, unknown>;
    const id = uuidv7();
    const idempotencyKey = (request.headers['idempotency-key'] as string | undefined) ?? id;
    if (!KEY.test(idempotencyKey))
      throw new Denied('malformed-request', { detail: 'Idempotency-Key: 1–200 visible ASCII' });
    const given = keyInRoute ? params[command.key] : parsed[command.key];
    const key = minted
      ? derivedId(principal.party, command.type, idempotencyKey)
      : parseInput(command.keyType, given, [command.key]);
    const answerBy = Date.now() + this.parts.answerWithinMs;
    // The data goes as it came: the owner parses it again, and remembers it by its hash.
    return { id, idempotencyKey, type: command.type, key, principal, replyTo: this.parts.gateway, answerBy, data };
  }
}

const pathOf = (route: string) => route.slice('POST '.length);

function prepare(command: Command): Prepared {
  const path = pathOf(command.route!);
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  return {
    command,
    path,
    data: strict(command.data),
    minted: mints(command),
    keyInRoute: names.includes(command.key),
    others: names.filter((name) => name !== command.key),
  };
}

/** The body and the parameters of the route together; a field that stands in both is refused. */
function dataOf({ others }: Prepared, body: unknown, params: Record<string, string>): unknown {
  if (!others.length || typeof body !== 'object' || body === null || Array.isArray(body)) {
    return body === undefined ? Object.fromEntries(others.map((name) => [name, params[name]])) : body;
  }
  const twice = others.find((name) => name in body);
  const message = { zh: '该字段已在地址中给出。', en: 'This field stands in the address already.' };
  if (twice) throw new Denied('invalid-input', { issues: [{ path: [twice], message }] });
  return { ...body, ...Object.fromEntries(others.map((name) => [name, params[name]])) };
}

export const operationUrl = (service: string, { key, idempotencyKey }: Pick<Envelope, 'key' | 'idempotencyKey'>) =>
  `/v1/operations/${service}/${encodeURIComponent(key)}/${encodeURIComponent(idempotencyKey)}`;

function answer(reply: FastifyReply, { command, minted }: Prepared, envelope: Envelope, ended: Ending) {
  const operation = operationUrl(command.service, envelope);
  reply.header('idempotency-key', envelope.idempotencyKey).header('operation-location', operation);
  const traceId = traceIdOf(envelope.traceparent);
  const known = { instance: operation, ...(traceId && { traceId }) };
  if (ended === 'unsent') return sendDenied(reply, 'log-unavailable', known);
  if (ended === 'too-large') return sendDenied(reply, 'request-too-large', known);
  if (ended === 'undecided') {
    return reply.code(202).header('location', operation).type('application/json').send(JSON.stringify({ operation }));
  }
  const { status, code, body } = ended;
  if (status < 400) {
    const said = minted ? { id: envelope.key, ...(body as object) } : (body ?? {});
    return reply.code(status).type('application/json').send(JSON.stringify(said));
  }
  return sendProblem(reply, code, refusalOf(command, code), { ...(body as object), ...known }, command);
}

export const refusalOf = ({ rejections }: Command, code: string) =>
  rejections[code] ?? platformRefusals[code as keyof typeof platformRefusals] ?? platformRefusals['internal-fault'];
