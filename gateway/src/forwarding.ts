import type { Readable } from 'node:stream';
import { permit, type Principals } from '@yuzhi/chassis/principals';
import { Denied, traceIdOf } from '@yuzhi/chassis/problem';
import type { Declared, Download, Intake, Query, Site } from '@yuzhi/protocol/declare';
import { span } from '@yuzhi/telemetry/tracing';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { OutgoingHttpHeaders } from 'node:http';
import { allHeaders, type Owners, readHeaders } from './owners.ts';

export interface ForwardingParts {
  http: FastifyInstance;
  owners: Owners;
  principals: Principals;
  publicUrl: string;
}
interface Way {
  owner: string;
  name: string;
  headers: OutgoingHttpHeaders;
  body?: Readable;
  /** Of the answer: a page may set cookies, a read may not. */
  setCookies: boolean;
}

const pathOf = (route: string) => route.slice(route.indexOf('/'));

/** Reads, intakes and pages: straight to the owner, streamed both ways. */
export class Forwarding {
  readonly #forwarded: OutgoingHttpHeaders;

  constructor(private readonly parts: ForwardingParts) {
    const { protocol, host } = new URL(parts.publicUrl);
    this.#forwarded = { 'x-forwarded-proto': protocol.slice(0, -1), 'x-forwarded-host': host };
  }

  register(declared: readonly Declared[]): void {
    for (const d of declared) if (d.kind === 'query' || d.kind === 'download') this.#read(d);
    void this.parts.http.register(async (scope) => {
      passBytes(scope);
      for (const d of declared) {
        if (d.kind === 'hook' || d.kind === 'upload' || d.kind === 'form') this.#intake(scope, d);
        else if (d.kind === 'site') this.#site(scope, d);
      }
    });
  }

  async #permit({ permission }: { permission: Query['permission'] }, request: FastifyRequest): Promise<void> {
    if (permission !== 'anyone') permit(permission, (await this.parts.principals.of(request.headers))?.principal);
  }

  #read(declared: Query | Download): void {
    const { route, service: owner } = declared;
    this.parts.http.get(pathOf(route), async (request, reply) => {
      await this.#permit(declared, request);
      return this.#forward(request, reply, {
        owner,
        name: route,
        headers: readHeaders(request.headers),
        setCookies: false,
      });
    });
  }

  /** Signatures of webhooks stand in headers that only their owner knows; cookies are nobody's but a page's. */
  #intake(scope: FastifyInstance, declared: Intake): void {
    const { route, service: owner, limit } = declared;
    scope.post(pathOf(route), { bodyLimit: limit }, async (request, reply) => {
      await this.#permit(declared, request);
      if (Number(request.headers['content-length'] ?? 0) > limit) throw new Denied('request-too-large');
      const { cookie: _, ...headers } = allHeaders(request.headers);
      return this.#forward(request, reply, { owner, name: route, headers, setCookies: false, body: bodyOf(request) });
    });
  }

  #site(scope: FastifyInstance, { prefix, service: owner }: Site): void {
    const pass = (request: FastifyRequest, reply: FastifyReply) => {
      const headers = { ...allHeaders(request.headers), ...this.#forwarded, 'x-forwarded-for': request.ip };
      const body = bodyOf(request);
      return this.#forward(request, reply, { owner, name: prefix, headers, setCookies: true, body });
    };
    for (const url of [prefix, `${prefix}/*`]) scope.all(url, pass);
  }

  async #forward(request: FastifyRequest, reply: FastifyReply, way: Way): Promise<FastifyReply> {
    const { traceparent } = request.headers;
    const traced = span(way.name, 'server', traceIdOf(traceparent) ? (traceparent as string) : undefined);
    const { traceparent: _, ...headers } = way.headers;
    if (traced.traceparent) request.traced = headers['traceparent'] = traced.traceparent;
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const { method, url: path } = request;
    try {
      const asked = { method, path, headers, body: way.body, signal: gone.signal };
      const response = await this.parts.owners.request(way.owner, asked);
      traced.end({ 'http.response.status_code': response.statusCode! });
      const { 'set-cookie': cookies, ...others } = allHeaders(response.headers);
      reply.code(response.statusCode!).headers(others);
      if (cookies && way.setCookies) reply.header('set-cookie', cookies);
      return reply.send(response);
    } catch (error) {
      traced.end({}, error);
      throw error;
    }
  }
}

function passBytes(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}

const bodyOf = ({ body }: FastifyRequest) => (body as Readable | undefined | null) ?? undefined;
