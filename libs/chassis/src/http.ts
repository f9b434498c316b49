import 'reflect-metadata';
import { isAway } from '@yuzhi/database/away';
import type { Logger } from '@yuzhi/telemetry/logging';
import { metrics, registry } from '@yuzhi/telemetry/metrics';
import { probes } from '@yuzhi/telemetry/probes';
import type { Distribution } from '@yuzhi/telemetry/series';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PlatformRefusal } from '@yuzhi/protocol/platform';
import { codeOf, Denied, refuseConnection, sendDenied, traceIdOf, unread } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of the command that comes in here. */
    commandType?: string;
    /** It answers for as long as somebody listens: how long says nothing. */
    endless?: boolean;
  }
  interface FastifyRequest {
    /** The traceparent under which it goes on, if it has one. */
    traced: string | undefined;
  }
}

/** Bytes of a JSON body. */
const BODY_MAX = 1_048_576;
/** Characters of a parameter of a route: an idempotency key, every character of it escaped. */
const PARAM_MAX = 600;
/** How long a request may take to arrive. */
const REQUEST_MS = 60_000;
/** How long a stop waits for open answers. */
const DRAIN_MS = 10_000;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Nest on Fastify without Nest's own parsers and error bodies: each answer of ours is made in one place. */
class PlainFastify extends FastifyAdapter {
  override setErrorHandler(): never {
    return undefined as never;
  }
  override setNotFoundHandler(): never {
    return undefined as never;
  }
}

export interface HttpParts {
  service: string;
  logger: Logger;
  /** Why this process should get no traffic, if so. */
  unready(): string | undefined;
  /** Until then every request but the health checks is turned away. */
  started(): boolean;
  /** Why a request is turned away before anything is made of it, if so. */
  turnAway?(request: IncomingMessage): PlatformRefusal | undefined;
}
export interface HttpApp {
  app: NestFastifyApplication;
  http: FastifyInstance;
}

/** A Nest application whose routes are added to `http`, and by nobody else. Call `closeRoutes` behind the last. */
export async function createHttp(
  module: DynamicModule,
  parts: (app: NestFastifyApplication) => HttpParts,
): Promise<HttpApp> {
  const http = fastify({
    bodyLimit: BODY_MAX,
    requestTimeout: REQUEST_MS,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: PARAM_MAX },
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, _, reply) => void sendDenied(reply as unknown as FastifyReply, codeOf(error)),
  });
  // Fastify would also take plain text for a body.
  http.removeContentTypeParser('text/plain');
  const app = await NestFactory.create<NestFastifyApplication>(module, new PlainFastify(http), {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  const { service, logger, unready, started, turnAway } = parts(app);
  if (turnAway) refuseFirst(http, service, turnAway);
  drain(http);
  answerErrors(http, logger);
  measure(http, service);
  rememberRoutes(http);
  http.addHook('onRequest', (request, _, done) => {
    done(started() || request.url.startsWith('/health/') ? undefined : new Denied('owner-unavailable'));
  });
  http.get('/health/live', async () => ({ status: 'live' }));
  http.get('/health/ready', async (_, reply) => {
    const reason = unready();
    return reason ? reply.code(503).send({ status: 'unready', reason }) : { status: 'ready' };
  });
  http.get<{ Querystring: { 'name[]'?: string | string[] } }>('/metrics', async ({ query }, reply) => {
    const names = [query['name[]'] ?? []].flat();
    return reply.type(registry.contentType).send(names.length ? await countersOf(names) : await allMetrics());
  });
  return { app, http };
}

async function allMetrics(): Promise<string> {
  await probes.look();
  return registry.metrics();
}
/** By name, as with Prometheus's own clients. A counter is told without looking at anything else, which costs more. */
async function countersOf(names: string[]): Promise<string> {
  const known = names.filter((name) => name.endsWith('_total') && registry.getSingleMetric(name));
  const told = await Promise.all(known.map((name) => registry.getSingleMetricAsString(name)));
  return `${told.join('\n')}\n# EOF\n`;
}

/**
 * A closing server waits for its connections. One on which nothing was asked yet, as browsers open them in advance,
 * would keep it for a minute: when the last answer is given, or has taken too long, all are closed.
 */
function drain(http: FastifyInstance): void {
  let open = 0;
  http.addHook('onRequest', (_, reply, done) => {
    open += 1;
    reply.raw.once('close', () => (open -= 1));
    done();
  });
  http.addHook('preClose', (done) => {
    const until = performance.now() + DRAIN_MS;
    const timer = setInterval(() => {
      if (open === 0 || performance.now() > until) http.server.closeAllConnections();
    }, 25);
    http.server.once('close', () => clearInterval(timer));
    done();
  });
}

/** Finding its route and reading its headers is most of what it costs to turn a request away. */
function refuseFirst(http: FastifyInstance, service: string, turnAway: NonNullable<HttpParts['turnAway']>): void {
  const [handle] = http.server.listeners('request');
  const refusalOf = (code: PlatformRefusal) => {
    const { status, send } = unread(code);
    const series = metrics.requests.of({ service, method: 'any', route: 'unread', type: '', status: String(status) });
    return (response: ServerResponse, from: number) => {
      send(response);
      series.observe((performance.now() - from) / 1000);
    };
  };
  const refusals = new Map<PlatformRefusal, ReturnType<typeof refusalOf>>();
  http.server.removeAllListeners('request');
  http.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const from = performance.now();
    const code = turnAway(request);
    if (!code) return void handle!(request, response);
    let refuse = refusals.get(code);
    if (!refuse) refusals.set(code, (refuse = refusalOf(code)));
    refuse(response, from);
  });
}

function answerErrors(http: FastifyInstance, logger: Logger): void {
  http.setErrorHandler((error, request, reply) => {
    if (error instanceof Denied) return sendDenied(reply, error.code, error.more);
    const code = isAway(error) ? 'owner-unavailable' : codeOf(error as { statusCode?: number });
    if (code === 'internal-fault') logger.error({ err: error, route: request.routeOptions.url }, 'request failed');
    return sendDenied(reply, code);
  });
  http.setNotFoundHandler((_, reply) => sendDenied(reply, 'not-found'));
}

/** Every answer, into the series of its route and status, which are found without making a name for them. */
function measure(http: FastifyInstance, service: string): void {
  const observer = (labels: { method: string; route: string; type: string }) => {
    const byStatus = new Map<number, Distribution>();
    return ({ traced }: FastifyRequest, { statusCode, elapsedTime }: FastifyReply) => {
      let series = byStatus.get(statusCode);
      if (!series) {
        series = metrics.requests.of({ service, ...labels, status: String(statusCode) });
        byStatus.set(statusCode, series);
      }
      series.observe(elapsedTime / 1000, traced && traceIdOf(traced));
    };
  };
  const unknown = observer({ method: 'any', route: 'unknown', type: '' });
  http.decorateRequest('traced', undefined);
  http.addHook('onRoute', (route) => {
    const { url, config } = route;
    if (config?.endless) return;
    const type = config?.commandType ?? '';
    const byMethod = new Map<string, ReturnType<typeof observer>>();
    for (const method of [route.method].flat()) byMethod.set(method, observer({ method, route: url, type }));
    const observe = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
      byMethod.get(request.method)?.(request, reply);
      done();
    };
    route.onResponse = [...[route.onResponse ?? []].flat(), observe];
  });
  http.addHook('onResponse', (request, reply, done) => {
    if (request.is404) unknown(request, reply);
    done();
  });
}

const known = new WeakMap<FastifyInstance, Map<string, Set<string>>>();

function rememberRoutes(http: FastifyInstance): void {
  const routes = new Map<string, Set<string>>();
  known.set(http, routes);
  http.addHook('onRoute', ({ url, method }) => {
    const methods = routes.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    routes.set(url, methods);
  });
}

/** Every known address answers 405 to the methods it does not have. */
export function closeRoutes(http: FastifyInstance): void {
  http.register(async (scope) => {
    for (const [url, methods] of known.get(http)!) {
      const others = METHODS.filter((method) => !methods.has(method));
      const allow = [...methods].join(', ');
      const refuse = async (_: unknown, reply: FastifyReply) =>
        sendDenied(reply.header('allow', allow), 'method-not-allowed');
      // In the hook, because a body of whatever kind is not worth reading.
      if (others.length) scope.route({ method: others, url, onRequest: refuse, handler: refuse });
    }
  });
}
