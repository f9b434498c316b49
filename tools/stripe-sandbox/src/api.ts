import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DatabaseError } from 'pg';
import { expand } from './expand.ts';
import { StripeFailure, insufficientBalance, internalError, invalid, keyInUse, unauthorised } from './failure.ts';
import type { FaultMode, Faults } from './faults.ts';
import { type Answer, type Keyed, checkKey, digestOf, keep, replayOf } from './idempotency.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { readParams } from './params.ts';
import type { RequestLog } from './request-log.ts';
import type { Store } from './store.ts';
import { API_VERSION, newId } from './wire.ts';
import { PLATFORM, type Scene, type Work } from './work.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it came, before it was read as a form. */
    rawText?: string;
  }
}

export interface Switchboard {
  store: Store;
  faults: Faults;
  log: RequestLog;
  isPaused: () => boolean;
}

const masked = (key: string): string => `${key.slice(0, 8)}${'*'.repeat(Math.max(0, key.length - 12))}${key.slice(-4)}`;

/** Any test key opens the one platform of this sandbox. Throws 401 for everything else. */
function authenticate(header: string | undefined): void {
  const [scheme, value = ''] = (header ?? '').split(' ');
  const key = scheme === 'Basic' ? Buffer.from(value, 'base64').toString().split(':')[0]! : value;
  if (key === '') {
    throw unauthorised(
      'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer ' +
        "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  if (/^(sk|rk)_live_/.test(key)) {
    throw unauthorised(
      'This is a sandbox: it moves no money and refuses live keys. Use a key that begins with sk_test_.',
    );
  }
  if (!/^(sk|rk)_test_\w{3,}$/.test(key)) throw unauthorised(`Invalid API Key provided: ${masked(key)}`);
}

/** The account a request acts for. Throws 403 when it is none of the platform's. */
async function accountOf(store: Store, operation: Operation, header: string | undefined): Promise<string> {
  if (!header || header === PLATFORM) return PLATFORM;
  if (!operation.connected) throw invalid(`This sandbox does not emulate ${operation.name} for connected accounts.`);
  const known = await store.read(store.scene(), (work) => work.find('account', header));
  if (known) return header;
  throw new StripeFailure(403, {
    type: 'invalid_request_error',
    code: 'account_invalid',
    message: `The provided key does not have access to account '${header}' (or that account does not exist).`,
  });
}

const headerOf = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const shapeOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).map(([name, part]) => [name, shapeOf(part)])
    : null;

const failed = (failure: StripeFailure): Answer => ({
  status: failure.status,
  body: JSON.stringify({ error: failure.body }, null, 2),
});

interface Call {
  operation: Operation;
  params: Record<string, unknown>;
  path: Record<string, string>;
  scene: Scene;
  fault: FaultMode | undefined;
  report: (error: unknown) => void;
}

/** Runs the endpoint. A failure is an answer too, and undoes what was written unless it says otherwise. */
async function carryOut(work: Work, call: Call): Promise<Answer> {
  const { expand: paths, ...params } = call.params;
  try {
    const body = await call.operation.run(work, params as never, call.path);
    await expand(work, body, (paths as string[] | undefined) ?? []);
    return { status: 200, body: JSON.stringify(body, null, 2) };
  } catch (error) {
    // The transaction is lost: there is nothing to keep an answer in.
    if (error instanceof DatabaseError) throw error;
    const known = error instanceof StripeFailure;
    if (!known) call.report(error);
    if (!known || !error.keepsWrites) work.discard();
    return failed(known ? error : internalError());
  }
}

/** Writes run alone; with a key, the answer is kept in the same transaction as what it tells of. */
function change(store: Store, call: Call, keyed: Keyed | undefined): Promise<Answer> {
  return store.transact(call.scene, async (work, client) => {
    const replay = keyed && (await replayOf(client, work, keyed));
    if (replay) return replay;
    const done = await carryOut(work, call);
    // The effect stays, and the answer about it is lost: what makes an outcome unknown.
    const answer = call.fault === 'error-after' ? failed(internalError()) : done;
    if (keyed) await keep(client, work, keyed, answer);
    return answer;
  });
}

/** Stripe's endpoints, on a server that reads bodies and queries as forms. */
export class Api {
  private readonly inUse = new Set<string>();

  constructor(private readonly parts: Switchboard) {}

  serve(server: FastifyInstance): void {
    for (const operation of OPERATIONS) {
      server.route({
        method: operation.method,
        url: operation.path,
        handler: (request, reply) => this.handle(operation, request, reply),
      });
    }
  }

  private async handle(operation: Operation, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const requestId = newId('req').slice(0, 18);
    const send = (answer: Answer) => respond(request, reply, requestId, answer);
    if (this.parts.isPaused()) return send({ ...failed(internalError()), status: 503 });
    const fault = this.parts.faults.next(operation.name);
    // The connection stays open and nothing is ever said on it.
    if (fault === 'hang') return reply.hijack();
    if (fault === 'conflict-409') return send(failed(keyInUse('a fault that was asked for')));
    if (fault === 'rate-limit-429') return send(failed(tooMany()));
    if (fault === 'refuse-400') return send(failed(invalid('This was to be refused.')));
    if (fault === 'no-funds-400') return send(failed(insufficientBalance('This was to find no funds.')));
    const answer = await this.answer(operation, request, requestId, fault).catch((error: unknown) => {
      if (error instanceof StripeFailure) return failed(error);
      request.log.error(error);
      return failed(internalError());
    });
    if (fault === 'timeout') return reply.hijack();
    return fault === 'cut-body' ? cut(reply, answer) : send(answer);
  }

  private async answer(operation: Operation, request: FastifyRequest, requestId: string, fault?: FaultMode) {
    const { store } = this.parts;
    authenticate(headerOf(request, 'authorization'));
    const account = await accountOf(store, operation, headerOf(request, 'stripe-account'));
    const key = operation.method === 'GET' ? undefined : headerOf(request, 'idempotency-key');
    if (key) checkKey(key);
    const raw = (operation.method === 'POST' ? request.body : request.query) ?? {};
    const params = readParams(operation.params, raw) as Record<string, unknown>;
    this.record(operation, request, raw);
    const apiVersion = headerOf(request, 'stripe-version') ?? API_VERSION;
    const scene = store.scene({ account, apiVersion, requestId, idempotencyKey: key ?? null });
    const path = request.params as Record<string, string>;
    const report = (error: unknown) => request.log.error(error);
    const call = { operation, params, path, scene, fault, report };
    if (operation.method === 'GET') {
      const answer = await store.read(scene, (work) => carryOut(work, call));
      return fault === 'error-after' ? failed(internalError()) : answer;
    }
    const endpoint = `${request.method} ${request.url.split('?')[0]}`;
    return key ? this.alone({ account, key, endpoint, params: digestOf(raw) }, call) : change(store, call, undefined);
  }

  /** A key that is being used answers 409 at once: it does not wait for the other request. */
  private async alone(keyed: Keyed, call: Call): Promise<Answer> {
    const slot = `${keyed.account} ${keyed.key}`;
    if (this.inUse.has(slot)) throw keyInUse(keyed.key);
    this.inUse.add(slot);
    try {
      return await change(this.parts.store, call, keyed);
    } finally {
      this.inUse.delete(slot);
    }
  }

  private record(operation: Operation, request: FastifyRequest, raw: unknown): void {
    this.parts.log.add(JSON.stringify([operation.name, shapeOf(raw)]), {
      method: request.method,
      url: request.url,
      contentType: headerOf(request, 'content-type') ?? null,
      body: request.rawText ?? '',
    });
  }
}

function respond(request: FastifyRequest, reply: FastifyReply, requestId: string, answer: Answer): FastifyReply {
  const { status, body, replays } = answer;
  const key = headerOf(request, 'idempotency-key');
  const account = headerOf(request, 'stripe-account');
  return reply
    .code(status)
    .headers({
      'content-type': 'application/json',
      'request-id': requestId,
      'stripe-version': headerOf(request, 'stripe-version') ?? API_VERSION,
      ...(account && { 'stripe-account': account }),
      ...(key && { 'idempotency-key': key, 'original-request': replays ?? requestId }),
      ...(replays && { 'idempotent-replayed': 'true' }),
      // The same key would only get the same 500 again.
      ...(status === 500 && key && { 'stripe-should-retry': 'false' }),
    })
    .send(body);
}

const tooMany = (): StripeFailure =>
  new StripeFailure(429, { type: 'rate_limit_error', code: 'rate_limit', message: 'Too many requests.' });

/** Promises the whole body and closes the connection after half of it. */
function cut(reply: FastifyReply, { status, body }: Answer): FastifyReply {
  reply.hijack();
  const bytes = Buffer.from(body);
  reply.raw.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  reply.raw.write(bytes.subarray(0, bytes.length >> 1), () => reply.raw.destroy());
  return reply;
}
