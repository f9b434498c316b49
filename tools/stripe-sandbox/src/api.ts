import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { expand } from './expand.ts';
import { StripeFailure, internalError, invalid, keyInUse, unauthorised } from './failure.ts';
import type { FaultMode, Faults } from './faults.ts';
import { type Answer, type Keyed, checkKey, digestOf, keep, replayOf } from './idempotency.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { readParams } from './params.ts';
import type { RequestLog } from './request-log.ts';
import type { Store } from './store.ts';
import { API_VERSION, newId } from './wire.ts';
import { PLATFORM, type Scene, type Work } from './work.ts';

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
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth " +
        "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  if (/^(sk|rk)_live_/.test(key)) {
    throw unauthorised('This is a sandbox: it moves no money and refuses live keys. Use a key that begins with sk_test_.');
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
}

/** Runs the endpoint; a failure of its own making is an answer, and undoes what it wrote unless it says otherwise. */
async function carryOut(work: Work, call: Call): Promise<Answer> {
  const { expand: paths, ...params } = call.params;
  try {
    const body = await call.operation.run(work, params as never, call.path);
    await expand(work, body, (paths as string[] | undefined) ?? []);
    return { status: 200, body: JSON.stringify(body, null, 2) };
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error;
    if (!error.keepsWrites) work.discard();
    return failed(error);
  }
}

/** Writes run alone; with a key, the answer is kept in the same transaction as what it tells of. */
function change(store: Store, call: Call, keyed: Keyed | undefined): Promise<Answer> {
  return store.transact(call.scene, async (work, client) => {
    const replay = keyed && (await replayOf(client, work, keyed));
    if (replay) return replay;
    const done = await carryOut(work, call);
    // The effect stays, the answer is lost on the way: what makes an outcome unknown.
    const answer = call.fault === 'error-after' ? failed(internalError()) : done;
    if (keyed) await keep(client, work, keyed, answer);
    return answer;
  });
}

/** Stripe's endpoints on a server that reads bodies and queries as forms. */
export function serveApi(server: FastifyInstance, { store, faults, log, isPaused }: Switchboard): void {
  const inUse = new Set<string>();

  async function answer(operation: Operation, request: FastifyRequest, requestId: string, fault?: FaultMode) {
    authenticate(headerOf(request, 'authorization'));
    const account = await accountOf(store, operation, headerOf(request, 'stripe-account'));
    const raw = (operation.method === 'POST' ? request.body : request.query) ?? {};
    const key = operation.method === 'GET' ? undefined : headerOf(request, 'idempotency-key');
    const path = request.params as Record<string, string>;
    const scene = store.scene({ account, requestId, idempotencyKey: key ?? null });
    if (key) checkKey(key);
    const params = readParams(operation.params, raw) as Record<string, unknown>;
    log.add(JSON.stringify([operation.name, shapeOf(raw)]), {
      method: request.method,
      url: request.url,
      contentType: headerOf(request, 'content-type') ?? null,
      body: (request as { rawText?: string }).rawText ?? '',
    });
    const call = { operation, params, path, scene, fault };
    if (operation.method === 'GET') return store.read(scene, (work) => carryOut(work, call));
    const endpoint = `${request.method} ${request.url.split('?')[0]}`;
    if (!key) return change(store, call, undefined);
    const slot = `${account} ${key}`;
    if (inUse.has(slot)) throw keyInUse(key);
    inUse.add(slot);
    try {
      return await change(store, call, { account, key, endpoint, params: digestOf(raw) });
    } finally {
      inUse.delete(slot);
    }
  }

  function reply(to: FastifyReply, request: FastifyRequest, requestId: string, { status, body, replays }: Answer) {
    const key = headerOf(request, 'idempotency-key');
    const account = headerOf(request, 'stripe-account');
    void to.code(status).headers({
      'content-type': 'application/json',
      'request-id': requestId,
      'stripe-version': headerOf(request, 'stripe-version') ?? API_VERSION,
      ...(account && { 'stripe-account': account }),
      ...(key && { 'idempotency-key': key, 'original-request': replays ?? requestId }),
      ...(replays && { 'idempotent-replayed': 'true' }),
      // The same key would only get the same 500 again.
      ...(status >= 500 && key && { 'stripe-should-retry': 'false' }),
    });
    return to.send(body);
  }

  async function handle(operation: Operation, request: FastifyRequest, to: FastifyReply) {
    const requestId = newId('req').slice(0, 18);
    if (isPaused()) return reply(to, request, requestId, { ...failed(internalError()), status: 503 });
    const fault = faults.next(operation.name);
    // The connection stays open and nothing is ever said on it.
    if (fault === 'hang') return to.hijack();
    if (fault === 'conflict-409') return reply(to, request, requestId, failed(keyInUse('(a fault that was asked for)')));
    if (fault === 'rate-limit-429') return reply(to, request, requestId, failed(tooMany()));
    const said = await answer(operation, request, requestId, fault).catch((error: unknown) => {
      if (error instanceof StripeFailure) return failed(error);
      request.log.error(error);
      return failed(internalError());
    });
    if (fault === 'timeout') return to.hijack();
    if (fault === 'cut-body') return cut(to, said);
    return reply(to, request, requestId, said);
  }

  for (const operation of OPERATIONS) {
    server.route({
      method: operation.method,
      url: operation.path,
      handler: (request, to) => handle(operation, request, to),
    });
  }
}

const tooMany = (): StripeFailure =>
  new StripeFailure(429, { type: 'rate_limit_error', code: 'rate_limit', message: 'Too many requests.' });

/** Promises the whole body and closes the connection after half of it. */
function cut(to: FastifyReply, { status, body }: Answer): FastifyReply {
  to.hijack();
  const bytes = Buffer.from(body);
  to.raw.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  to.raw.write(bytes.subarray(0, bytes.length >> 1), () => to.raw.destroy());
  return to;
}
