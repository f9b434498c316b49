import Fastify, { type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { Api } from './api.ts';
import { serveControl } from './control.ts';
import { Deliveries } from './deliveries.ts';
import { elapse } from './elapse.ts';
import { Faults } from './faults.ts';
import { readForm } from './form.ts';
import { serveHostedPages } from './pages/hosted.ts';
import { type RecordedRequest, RequestLog } from './request-log.ts';
import { Store } from './store.ts';

/** How often what time has done is looked for when nobody asks. */
const TICK_MS = 500;

export interface SandboxOptions {
  /** A database, or the sandbox's part of one: it makes the schema `stripe_sandbox` there. */
  databaseUrl: string;
  /** 0 takes any free port. */
  port: number;
  host?: string;
  /** Where browsers reach it; its own address when absent. */
  publicUrl?: string;
  /** Milliseconds since 1970; the control API moves the sandbox's clock on from there. */
  now?: () => number;
}

export interface StripeSandbox {
  url: string;
  /** What requests clients have made, one of each shape: for stripe-mock to judge. */
  requests(): RecordedRequest[];
  close(): Promise<void>;
}

function createServer(): FastifyInstance {
  const server = Fastify({
    logger: { level: 'error' },
    forceCloseConnections: true,
    bodyLimit: 1_000_000,
    routerOptions: { querystringParser: readForm, maxParamLength: 200 },
  });
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (request, body, done) => {
    request.rawText = body as string;
    done(null, readForm(request.rawText));
  });
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    request.rawText = body as string;
    try {
      done(null, request.rawText === '' ? undefined : JSON.parse(request.rawText));
    } catch (error) {
      done(Object.assign(error as Error, { statusCode: 400 }), undefined);
    }
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0];
    const message =
      `Unrecognized request URL (${request.method}: ${path}). Either Stripe has no such endpoint, or this sandbox ` +
      'does not emulate it: its README lists what it does.';
    return reply.code(404).send({ error: { type: 'invalid_request_error', message } });
  });
  return server;
}

/** Starts a Stripe of one's own, whose state is in the database. Refuses live keys; moves no money. */
export async function startStripeSandbox(options: SandboxOptions): Promise<StripeSandbox> {
  const { databaseUrl, port, host = '127.0.0.1', now = Date.now } = options;
  const server = createServer();
  const log = new RequestLog();
  const faults = new Faults();
  // Its own address is known only once it listens, and nobody can ask before that.
  const shared = { databaseUrl, publicUrl: options.publicUrl ?? '', now, elapse };
  const store = new Store(shared);
  const deliveries = new Deliveries(store);
  store.onTold = () => deliveries.kick();
  let paused = false;
  const pause = (isPaused: boolean) => {
    paused = isPaused;
    deliveries.pause(isPaused);
  };
  await store.open();
  new Api({ store, faults, log, isPaused: () => paused }).serve(server);
  serveHostedPages(server, store);
  const controls = { store, faults, deliveries, log, pause };
  await server.register(async (scope) => serveControl(scope, controls), { prefix: '/_sandbox' });
  await server.listen({ port, host });
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${(server.server.address() as AddressInfo).port}`;
  shared.publicUrl ||= url;
  const tick = setInterval(() => {
    void store.sweep().catch((error: unknown) => server.log.error(error));
    deliveries.kick();
  }, TICK_MS);
  return {
    url,
    requests: () => log.all(),
    close: async () => {
      clearInterval(tick);
      await server.close();
      await deliveries.close();
      await store.close();
    },
  };
}
