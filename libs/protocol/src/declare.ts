import type { z } from 'zod';

/** A sentence a person reads, in both languages of the platform. */
export interface Words {
  zh: string;
  en: string;
}

/** What a member of an organisation may do there; `service` is only ever one of our own services. */
export type Role = 'admin' | 'holder' | 'bidder' | 'signatory' | 'finance' | 'desk' | 'ops' | 'service';
/** `anyone` needs no sign-in; `person` is whoever signed in, for himself or for his organisation. */
export type Permission = 'anyone' | 'person' | readonly Role[];

/**
 * Who acts. `party` is an organisation's unified social credit code, a natural person's id when he acts for himself,
 * or `service:<name>`; `person` is who did it.
 */
export interface Principal {
  party: string;
  person: string;
  roles: readonly Role[];
}

/** Why something is not done: closed lists, one per service. `next` says what the caller can do. */
export interface Refusal extends Words {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 431 | 500 | 502 | 503;
  next: Words;
  /** The same request may well succeed later. */
  transient?: boolean;
}
export type Refusals<R extends string = string> = Readonly<Record<R, Refusal>>;

type Path = `/${string}`;

export interface Command<D extends z.ZodType = z.ZodType, A extends z.ZodType = z.ZodType, R extends string = string> {
  kind: 'command';
  /** `<service>.<aggregate>.<imperative>.v<n>`; the first word owns it. */
  type: string;
  service: string;
  topic: string;
  summary: Words;
  /**
   * Name of the field that carries the aggregate's id: a parameter of the route, else a field of `data`,
   * else it is minted from (party, type, idempotency key).
   */
  key: string;
  keyType: z.ZodType<string>;
  /** Parameters of the route other than the key are part of it. */
  data: D;
  answer: A;
  permission: Permission;
  /** Absent: only other services send it. */
  route?: `POST ${Path}`;
  /** The services that send it with `ask` and must know what to do with each outcome. */
  askedBy: readonly string[];
  rejections: Refusals<R>;
}

export type Audience = 'public' | 'parties' | 'self' | 'desk';

export interface Event<D extends z.ZodType = z.ZodType> {
  kind: 'event';
  /** `<service>.<aggregate>.<past tense>.v<n>` */
  type: string;
  service: string;
  topic: string;
  key: string;
  data: D;
  /** What the record of the sale says; `{field}` stands for a field of the data, `{field:fen}` for an amount. */
  sentence: Words;
  /** `self` is the party named in the field `party`; `parties` are seller, winner and payees of the sale. */
  audience: Audience;
}

interface Read {
  type: string;
  service: string;
  summary: Words;
  permission: Permission;
  params: z.ZodType;
}
export interface Query<P extends z.ZodType = z.ZodType, A extends z.ZodType = z.ZodType> extends Read {
  kind: 'query';
  route: `GET ${Path}`;
  /** Route parameters and query string together. */
  params: P;
  answer: A;
}
/** Live items with rising sequence numbers: resumed by `Last-Event-ID`, gaps filled from the owner. */
export interface Stream<P extends z.ZodType = z.ZodType, I extends z.ZodType = z.ZodType> extends Read {
  kind: 'stream';
  route: `GET ${Path}`;
  params: P;
  /** Name of the route parameter whose value names the channel. */
  key: string;
  item: I;
}
/**
 * Raw bytes in, straight to the owner: webhooks and uploads; and forms, JSON with a secret in it (a password), which
 * must never stand on the log.
 */
export interface Intake<
  P extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> extends Read {
  kind: 'hook' | 'upload' | 'form';
  route: `POST ${Path}`;
  params: P;
  /** Only of a form: the owner parses it. */
  body?: B;
  answer: A;
  rejections: Refusals;
  /** Bytes. */
  limit: number;
}
/** Raw bytes out, streamed from the owner. */
export interface Download extends Read {
  kind: 'download';
  route: `GET ${Path}`;
  mediaType: string;
}
/** Pages that the owner serves itself under a prefix: the sign-in of the embedded issuer. */
export interface Site extends Pick<Read, 'type' | 'service' | 'summary'> {
  kind: 'site';
  prefix: Path;
}
/** A compacted topic that everyone may hold in memory: `null` deletes. */
export interface Table<D extends z.ZodType = z.ZodType> {
  kind: 'table';
  type: string;
  service: string;
  topic: string;
  data: D;
}

const owner = (type: string) => type.slice(0, type.indexOf('.'));
const named = <K extends string>(kind: K, type: string) => ({ kind, type, service: owner(type) });

type CommandSpec<D extends z.ZodType, A extends z.ZodType, R extends string> = Omit<
  Command<D, A, R>,
  'kind' | 'type' | 'service' | 'topic' | 'askedBy'
> & { askedBy?: readonly string[] };

/** Keeps the words of `key` and `route` in its type, so that the client knows whether to ask for the aggregate's id. */
export const command = <
  D extends z.ZodType,
  A extends z.ZodType,
  R extends string,
  K extends string,
  W extends `POST ${Path}`,
>(
  type: string,
  spec: CommandSpec<D, A, R> & { key: K; route?: W },
): Command<D, A, R> & { key: K; route?: W } => ({
  ...named('command', type),
  topic: `${owner(type)}.commands`,
  askedBy: [],
  ...spec,
});

export const event = <D extends z.ZodType>(
  type: string,
  spec: Omit<Event<D>, 'kind' | 'type' | 'service' | 'topic'>,
): Event<D> => ({ ...named('event', type), topic: `${owner(type)}.events`, ...spec });

type Spec<T> = Omit<T, 'kind' | 'type' | 'service'>;

export const query = <P extends z.ZodType, A extends z.ZodType>(
  type: string,
  spec: Spec<Query<P, A>>,
): Query<P, A> => ({
  ...named('query', type),
  ...spec,
});
export const stream = <P extends z.ZodType, I extends z.ZodType>(
  type: string,
  spec: Spec<Stream<P, I>>,
): Stream<P, I> => ({ ...named('stream', type), ...spec });
export const hook = (type: string, spec: Omit<Spec<Intake>, 'body'>): Intake => ({ ...named('hook', type), ...spec });
export const upload = <P extends z.ZodType, A extends z.ZodType>(
  type: string,
  spec: Omit<Spec<Intake<P, never, A>>, 'body'>,
): Intake<P, z.ZodType, A> => ({ ...named('upload', type), ...spec });
export const form = <P extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  type: string,
  spec: Spec<Intake<P, B, A>> & { body: B },
): Intake<P, B, A> & { body: B } => ({ ...named('form', type), ...spec });
export const download = <P extends z.ZodType>(
  type: string,
  spec: Spec<Download> & { params: P },
): Download & { params: P } => ({ ...named('download', type), ...spec });
export const site = (type: string, spec: Spec<Site>): Site => ({ ...named('site', type), ...spec });
export const table = <D extends z.ZodType>(type: string, data: D): Table<D> => ({
  ...named('table', type),
  topic: type,
  data,
});

/** Whether the command makes a new aggregate, whose id the gateway derives from (party, type, idempotency key). */
export function mints({ route, key, data }: Command): boolean {
  if (!route || route.includes(`/:${key}`)) return false;
  return !(key in ((data as unknown as { shape?: object }).shape ?? {}));
}

/** A refusal: what is wrong and what the caller can do, each in Chinese and English. */
export const refusal = (
  status: Refusal['status'],
  [zh, en]: readonly [zh: string, en: string],
  [nextZh, nextEn]: readonly [zh: string, en: string],
): Refusal => ({ status, zh, en, next: { zh: nextZh, en: nextEn } });

/** Picks from a service's catalogue what one command may answer. */
export function refusing<All extends Refusals, R extends keyof All & string>(all: All, ...codes: R[]): Refusals<R> {
  return Object.fromEntries(codes.map((code) => [code, all[code]])) as unknown as Refusals<R>;
}

/** Where the outcome of an asked command goes back to: a command on the asker's own aggregate. */
export interface AnswerTo {
  service: string;
  key: string;
}

/** What travels in the value of a command's record. */
export interface Envelope {
  id: string;
  idempotencyKey: string;
  type: string;
  key: string;
  principal: Principal;
  /** The gateway that waits. */
  replyTo?: string;
  /** Epoch ms; bounds the waiting, never the validity. */
  answerBy?: number;
  answerTo?: AnswerTo;
  /** The event that led to it. */
  because?: string;
  traceparent?: string;
  data: unknown;
}

/** What the inbox keeps and the caller hears. A refusal's body may say more, such as the next valid price. */
export interface Outcome {
  status: number;
  code: string;
  body: unknown;
}

/** Why something happened. */
export interface Cause {
  /** The type of the command that was decided; where a deadline passed, of the one that wakes the aggregate. */
  command: string;
  /** Its outcome's code, where another service was asked and answered. */
  outcome?: string;
  /** The event that led to it. */
  event?: string;
}

/** CloudEvents 1.0 in structured JSON, inside the record's value. */
export interface CloudEvent<D = unknown> {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  /** The command that caused it. */
  causationid: string;
  cause?: Cause;
  /** Version of the aggregate after the event. */
  aggversion: number;
  /** The sale it belongs to, when there is one. */
  saleid?: string;
  actor: { party: string; person: string };
  traceparent?: string;
  data: D;
}

export type Declared = Command | Event | Query | Stream | Intake | Download | Site | Table;
export type DataOf<D extends { data: z.ZodType }> = z.output<D['data']>;
export type InputOf<D extends { data: z.ZodType }> = z.input<D['data']>;
export type ParamsOf<D extends { params: z.ZodType }> = z.output<D['params']>;
export type AnswerOf<D extends { answer: z.ZodType }> = z.output<D['answer']>;
export type RejectionOf<C extends Command> = keyof C['rejections'] & string;
