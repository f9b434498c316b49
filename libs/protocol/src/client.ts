import { createBackOff } from './back-off.ts';
import type { AnswerOf, Command, Download, InputOf, Intake, Outcome, Query, Refusals, Stream } from './declare.ts';
import { type Item, readEvents, type ServerSentEvent } from './event-stream.ts';
import { fillQuery, fillRoute } from './fill-route.ts';
import { isUnanswered, readRefusal, Refused, refusedFrom, Undecided } from './refused.ts';
import type { z } from 'zod';

export interface ClientOptions {
  /** Where the gateway is, without a path. */
  baseUrl: string;
  /** Asked before every request, so that it may renew what it gives. Absent: nobody is signed in. */
  token?: () => Promise<string | undefined> | string | undefined;
  /** Which membership acts; absent: the person for himself. */
  organisation?: string;
  fetch?: typeof fetch;
  /** How long one call may take in all, a 202 and repetitions included. */
  deadlineMs?: number;
  /** A live stream that says nothing for so long, not even a heartbeat, is taken for dead and opened again. */
  silenceMs?: number;
}

type RouteKey<C extends Command> =
  Exclude<C['route'], undefined> extends `${string}/:${C['key']}${'' | `/${string}`}` ? C['key'] : never;
// zod infers `Record<string, never>` for an empty object, which no further property fits into.
type Beside<K extends string, T> = T extends Record<string, never> ? Record<K, string> : T & Record<K, string>;

/** What a command is sent with: its data, and the aggregate's id where the route has it. */
export type SendInput<C extends Command> = object &
  ([RouteKey<C>] extends [never] ? InputOf<C> : Beside<RouteKey<C>, InputOf<C>>);
export type AskInput<D extends { params: z.ZodType }> = object & z.input<D['params']>;

interface Page {
  items: unknown[];
  next: string | null;
}
/** A query that is answered by pages. */
export type Listing = Query & { answer: z.ZodType<Page> };
export type ItemOf<Q extends Listing> = AnswerOf<Q>['items'][number];

export interface CallOptions {
  signal?: AbortSignal;
}
export interface SendOptions extends CallOptions {
  /** Names the intention: the same key again never does it twice. Chosen at random when absent. */
  idempotencyKey?: string;
}
export interface FollowOptions extends CallOptions {
  /** The last sequence number already known; absent: from where the owner begins. */
  after?: number;
}

/** Everything the platform can be told and asked, typed by its declarations. */
export interface Client {
  /** Resolves with the outcome, also when the first answer was 202. Throws Refused, Undecided. */
  send<C extends Command>(command: C, input: SendInput<C>, options?: SendOptions): Promise<AnswerOf<C>>;
  /** Throws Refused. */
  ask<Q extends Query>(query: Q, params: AskInput<Q>, options?: CallOptions): Promise<AnswerOf<Q>>;
  /** Every item of a list that comes in pages. Throws Refused. */
  list<Q extends Listing>(query: Q, params: AskInput<Q>, options?: CallOptions): AsyncGenerator<ItemOf<Q>, void>;
  /** Items in the order of their numbers, none twice, over any number of connections; ends with the signal. */
  follow<S extends Stream>(
    stream: S,
    params: AskInput<S>,
    options?: FollowOptions,
  ): AsyncGenerator<Item<z.output<S['item']>>, void, undefined>;
  /** The open response: the caller reads its bytes. Throws Refused. */
  download<D extends Download>(download: D, params: AskInput<D>, options?: CallOptions): Promise<Response>;
  /** Throws Refused. */
  upload<U extends Intake>(
    upload: U,
    params: AskInput<U>,
    bytes: Uint8Array<ArrayBuffer> | Blob,
    options?: CallOptions,
  ): Promise<AnswerOf<U>>;
  /** JSON that never stands on the log. Throws Refused. */
  submit<F extends Intake & { body: z.ZodType }>(
    form: F,
    params: AskInput<F>,
    body: z.input<F['body']>,
    options?: CallOptions,
  ): Promise<AnswerOf<F>>;
  /** The same person as another of his memberships; without an argument for himself. */
  as(organisation?: string): Client;
}

interface Call {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer> | Blob;
  rejections?: Refusals;
}

/** Items that no owner gives more of at once. */
const PAGE_MAX = 100;
const JSON_BODY = { 'content-type': 'application/json' };

interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}
async function readJson<T>(response: Response): Promise<Answer<T>> {
  const { status, headers } = response;
  const text = await response.text();
  return { status, headers, body: (text ? JSON.parse(text) : undefined) as T };
}

const randomKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

class HttpClient implements Client {
  constructor(private readonly options: ClientOptions) {}

  as(organisation?: string): Client {
    return new HttpClient({ ...this.options, organisation });
  }

  async send<C extends Command>(command: C, input: SendInput<C>, options: SendOptions = {}): Promise<AnswerOf<C>> {
    const { type, route, rejections } = command;
    if (!route) throw new TypeError(`${type} has no route`);
    const { path, rest } = fillRoute(route, input);
    const idempotencyKey = options.idempotencyKey ?? randomKey();
    const headers = { ...JSON_BODY, 'idempotency-key': idempotencyKey };
    const until = this.#until(options);
    const call: Call = { method: 'POST', path, headers, body: JSON.stringify(rest), rejections };
    let operation: string | undefined;
    try {
      const answer = await this.#persist(call, until, readJson<AnswerOf<C>>);
      if (answer.status !== 202) return answer.body;
      operation = answer.headers.get('location') ?? undefined;
      if (!operation) throw new Error(`${type} was answered 202 without a Location`);
      return await this.#readOutcome(operation, rejections, until);
    } catch (error) {
      if (!until.aborted || options.signal?.aborted) throw error;
      throw new Undecided(idempotencyKey, operation, { cause: error });
    }
  }

  async #readOutcome<T>(path: string, rejections: Refusals, until: AbortSignal): Promise<T> {
    const backOff = createBackOff(until);
    for (;;) {
      const { status, headers, body } = await this.#persist({ method: 'GET', path }, until, readJson<Outcome>);
      if (status !== 202) {
        if (body.status < 400) return body.body as T;
        throw refusedFrom(body, rejections);
      }
      await backOff(headers);
      until.throwIfAborted();
    }
  }

  async ask<Q extends Query>({ route }: Q, params: AskInput<Q>, options: CallOptions = {}): Promise<AnswerOf<Q>> {
    const call: Call = { method: 'GET', path: fillQuery(route, params) };
    return (await this.#persist(call, this.#until(options), readJson<AnswerOf<Q>>)).body;
  }

  async *list<Q extends Listing>(
    query: Q,
    params: AskInput<Q>,
    options?: CallOptions,
  ): AsyncGenerator<ItemOf<Q>, void> {
    for (let after: string | null | undefined; after !== null;) {
      const asked = { limit: PAGE_MAX, ...params, ...(after && { after }) };
      const { items, next } = await this.ask(query, asked, options);
      yield* items as ItemOf<Q>[];
      after = next;
    }
  }

  async *follow<S extends Stream>(
    { route }: S,
    params: AskInput<S>,
    { after, signal }: FollowOptions = {},
  ): AsyncGenerator<Item<z.output<S['item']>>, void, undefined> {
    const path = fillQuery(route, params);
    let last = after;
    let backOff = createBackOff(signal);
    while (!signal?.aborted) {
      try {
        for await (const { event, id, data } of this.#events(path, last, signal)) {
          backOff = createBackOff(signal);
          const seq = id === '' ? undefined : Number(id);
          // What is not an item only says where the owner stands, which matters as long as no item has said it.
          if (event !== 'message') last ??= seq;
          else if (seq !== undefined) {
            const items = JSON.parse(data) as z.output<S['item']>[];
            for (const [i, item] of items.entries()) {
              const number = seq - items.length + 1 + i;
              if (last !== undefined && number <= last) continue;
              last = number;
              yield { seq: number, item };
            }
          }
        }
      } catch (error) {
        if (signal?.aborted) return;
        if (error instanceof SyntaxError || (error instanceof Refused && !isUnanswered(error))) throw error;
      }
      await backOff();
    }
  }

  /** One connection of a live stream, given up when it falls silent. */
  async *#events(path: string, last: number | undefined, signal?: AbortSignal): AsyncGenerator<ServerSentEvent> {
    const { silenceMs = 60_000 } = this.options;
    const connection = new AbortController();
    const giveUp = () => connection.abort();
    let silence = setTimeout(giveUp, silenceMs);
    const live = () => {
      clearTimeout(silence);
      silence = setTimeout(giveUp, silenceMs);
    };
    const resume: Record<string, string> = last === undefined ? {} : { 'last-event-id': String(last) };
    const headers = { accept: 'text/event-stream', ...resume };
    const until = AbortSignal.any([connection.signal, ...(signal ? [signal] : [])]);
    try {
      const response = await this.#request({ method: 'GET', path, headers }, until);
      if (!response.ok) throw await readRefusal(response);
      if (response.body) yield* readEvents(response.body, live);
    } finally {
      clearTimeout(silence);
    }
  }

  download<D extends Download>({ route }: D, params: AskInput<D>, options: CallOptions = {}): Promise<Response> {
    const call: Call = { method: 'GET', path: fillQuery(route, params), headers: { accept: '*/*' } };
    return this.#persist(call, this.#until(options), async (response) => response);
  }

  async upload<U extends Intake>(
    { route, rejections }: U,
    params: AskInput<U>,
    body: Uint8Array<ArrayBuffer> | Blob,
    options: CallOptions = {},
  ): Promise<AnswerOf<U>> {
    const headers = { 'content-type': (body instanceof Blob && body.type) || 'application/octet-stream' };
    const call: Call = { method: 'POST', path: fillQuery(route, params), headers, body, rejections };
    return (await this.#persist(call, this.#until(options), readJson<AnswerOf<U>>)).body;
  }

  async submit<F extends Intake & { body: z.ZodType }>(
    { route, rejections }: F,
    params: AskInput<F>,
    body: z.input<F['body']>,
    options: CallOptions = {},
  ): Promise<AnswerOf<F>> {
    const path = fillQuery(route, params);
    const call: Call = { method: 'POST', path, headers: JSON_BODY, body: JSON.stringify(body), rejections };
    const response = await this.#request(call, this.#until(options));
    if (!response.ok) throw await readRefusal(response, rejections);
    return (await readJson<AnswerOf<F>>(response)).body;
  }

  #until({ signal }: CallOptions): AbortSignal {
    const { deadlineMs = 30_000 } = this.options;
    return AbortSignal.any([AbortSignal.timeout(deadlineMs), ...(signal ? [signal] : [])]);
  }

  /** Repeats while nobody answers, or not to the end; only for what is safe to repeat. */
  async #persist<T>(call: Call, until: AbortSignal, read: (response: Response) => Promise<T>): Promise<T> {
    const backOff = createBackOff(until);
    let failure: unknown;
    for (;;) {
      let headers: Headers | undefined;
      try {
        const response = await this.#request(call, until);
        if (response.ok) return await read(response);
        ({ headers } = response);
        failure = await readRefusal(response, call.rejections);
      } catch (error) {
        // That time is up says less than why it was needed.
        failure = until.aborted ? (failure ?? error) : error;
      }
      if (until.aborted || !isUnanswered(failure)) throw failure;
      await backOff(headers);
      if (until.aborted) throw failure;
    }
  }

  async #request({ method, path, headers, body }: Call, signal: AbortSignal): Promise<Response> {
    const { baseUrl, organisation, token, fetch: request = fetch } = this.options;
    const bearer = await token?.();
    return request(baseUrl + path, {
      method,
      signal,
      headers: {
        accept: 'application/json',
        ...(bearer && { authorization: `Bearer ${bearer}` }),
        ...(organisation && { 'x-organisation': organisation }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    });
  }
}

/** Speaks to the gateway in the words of the declarations. Needs nothing but `fetch`: Node and browsers alike. */
export const createClient = (options: ClientOptions): Client => new HttpClient(options);
