import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { wire } from '@yuzhi/database/json';
import { RefusedWith } from '@yuzhi/messaging/decision';
import type { Download, Intake, Permission, Principal, Query, Site, Stream } from '@yuzhi/protocol/declare';
import { platformRefusals } from '@yuzhi/protocol/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Answerer, Filling, Received, Served } from './answers.ts';
import { permit, type Principals } from './principals.ts';
import { Denied, parseInput, sendProblem } from './problem.ts';
import { strict } from './strict.ts';

/** Items of one page of a channel. */
const PAGE_MAX = 500;
const Page = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(0).max(PAGE_MAX).default(PAGE_MAX),
});
const pathOf = (route: string) => route.slice(route.indexOf('/'));

/** The routes of one service's reads, intakes and pages. */
export class Reads {
  constructor(
    private readonly http: FastifyInstance,
    private readonly principals: Principals,
  ) {}

  register(answerers: Answerer[]): void {
    for (const { declared, method } of answerers) {
      if (declared.kind === 'query') this.#query(declared, method);
      else if (declared.kind === 'stream') this.#stream(declared, method);
      else if (declared.kind === 'download') this.#download(declared, method);
      else if (declared.kind === 'form') this.#intake(this.http, declared, method);
      else if (declared.kind === 'site') this.#site(declared, method);
    }
    void this.http.register(async (scope) => {
      takeBytes(scope);
      for (const { declared, method } of answerers) {
        if (declared.kind === 'hook' || declared.kind === 'upload') this.#intake(scope, declared, method);
      }
    });
  }

  async #asker(permission: Permission, request: FastifyRequest): Promise<Principal | undefined> {
    const asker = (await this.principals.of(request.headers))?.principal;
    permit(permission, asker);
    return asker;
  }

  #query({ route, permission, params, answer }: Query, method: Answerer['method']): void {
    const ask = method as unknown as (params: unknown, asker?: Principal) => Promise<unknown>;
    const wanted = strict(params);
    this.http.get(pathOf(route), async (request, reply) => {
      const asker = await this.#asker(permission, request);
      const found = await ask(parseInput(wanted, inputOf(request)), asker);
      return sendAnswer(reply, permission, answer, found);
    });
  }

  #stream({ route, permission, params, item }: Stream, method: Answerer['method']): void {
    const fill = method as unknown as (
      params: unknown,
      page: object,
      asker?: Principal,
    ) => Promise<Filling | undefined>;
    const wanted = strict(params);
    const answer = z.object({ items: z.array(z.object({ seq: z.int(), item })), head: z.int() });
    this.http.get(pathOf(route), async (request, reply) => {
      const asker = await this.#asker(permission, request);
      const { after, limit, ...rest } = inputOf(request);
      const found = await fill(parseInput(wanted, rest), parseInput(Page, { after, limit }), asker);
      return sendAnswer(reply, permission, answer, found);
    });
  }

  #download({ route, permission, params, mediaType }: Download, method: Answerer['method']): void {
    const serve = method as unknown as (params: unknown, asker?: Principal) => Promise<Served | undefined>;
    const wanted = strict(params);
    this.http.get(pathOf(route), async (request, reply) => {
      const asker = await this.#asker(permission, request);
      const served = await serve(parseInput(wanted, inputOf(request)), asker);
      if (!served) throw new Denied('not-found');
      return sendBytes(request, reply.type(mediaType), served);
    });
  }

  #intake(scope: FastifyInstance, declared: Intake, method: Answerer['method']): void {
    const { route, permission, params, body, answer, rejections, limit } = declared;
    const receive = method as unknown as (received: Received<never>, asker?: Principal) => Promise<unknown>;
    const [wanted, form] = [strict(params), body && strict(body)];
    scope.post(pathOf(route), { bodyLimit: limit }, async (request, reply) => {
      const asker = await this.#asker(permission, request);
      const bytes = form ? parseInput(form, request.body ?? {}) : (request.body ?? Buffer.alloc(0));
      const received = { params: parseInput(wanted, inputOf(request)), body: bytes, headers: request.headers };
      const said = await receive(received as Received<never>, asker);
      if (!(said instanceof RefusedWith)) return sendAnswer(reply, permission, answer, said);
      const { code, body: more } = said;
      const refusal = rejections[code] ?? platformRefusals[code as keyof typeof platformRefusals];
      if (!refusal) throw new TypeError(`${code} is not in the catalogue of ${declared.type}`);
      return sendProblem(reply, code, refusal, wire(more), declared);
    });
  }

  /** The body is left unread: the pages read it themselves. */
  #site({ prefix }: Site, method: Answerer['method']): void {
    const mount = method as unknown as (request: IncomingMessage, response: ServerResponse) => void;
    void this.http.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _body, done) => done(null));
      const serve = (request: FastifyRequest, reply: FastifyReply) => {
        reply.hijack();
        mount(request.raw, reply.raw);
      };
      for (const url of [prefix, `${prefix}/*`]) scope.all(url, serve);
    });
  }
}

/** Parameters of the route and the query string together. */
const inputOf = ({ query, params }: FastifyRequest): Record<string, unknown> => ({
  ...(query as object),
  ...(params as object),
});

function takeBytes(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
}

function sendAnswer(reply: FastifyReply, permission: Permission, answer: z.ZodType, found: unknown): FastifyReply {
  if (found === undefined) throw new Denied('not-found');
  const text = JSON.stringify(answer.parse(wire(found)));
  if (permission !== 'anyone') reply.header('cache-control', 'no-store');
  return reply.type('application/json').send(text);
}

function sendBytes(request: FastifyRequest, reply: FastifyReply, { bytes, sha256, fileName }: Served): FastifyReply {
  const digest = sha256 ?? (Buffer.isBuffer(bytes) ? createHash('sha256').update(bytes).digest('hex') : undefined);
  if (!digest) throw new TypeError('a stream is served with its SHA-256');
  const etag = `"${digest}"`;
  reply.header('etag', etag).header('cache-control', 'private, no-cache').header('x-content-type-options', 'nosniff');
  if (fileName) reply.header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`);
  if (request.headers['if-none-match'] !== etag) return reply.send(bytes);
  if (!Buffer.isBuffer(bytes)) bytes.destroy();
  return reply.code(304).send();
}
