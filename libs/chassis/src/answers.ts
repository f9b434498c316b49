import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { RefusedWith } from '@yuzhi/messaging/decision';
import type { Declared, Download, Intake, ParamsOf, Principal, Query, Site, Stream } from '@yuzhi/protocol/declare';
import { type DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { z } from 'zod';

/** What a method may return for a declared shape: amounts as bigint too, which become digit strings. */
export type Draft<T> = T extends string
  ? T | bigint
  : T extends readonly (infer U)[]
    ? readonly Draft<U>[]
    : T extends object
      ? { [K in keyof T]: Draft<T[K]> }
      : T;

/** Bytes of a download. */
export interface Served {
  bytes: Buffer | Readable;
  /** Hex; needed for a stream, reckoned for a buffer. */
  sha256?: string;
  /** Under which name a browser saves it. */
  fileName?: string;
}
/** What came in: the bytes as they were sent, or the parsed body of a form. */
export interface Received<I extends Intake = Intake> {
  params: ParamsOf<I>;
  body: I extends { body: z.ZodType } ? z.output<I['body']> : Buffer;
  headers: IncomingHttpHeaders;
}
export interface Filling<T = unknown> {
  items: { seq: number; item: T }[];
  /** The last sequence number that the channel has; 0 before its first item. */
  head: number;
}

type Asker = Principal | undefined;
type Answering = Query | Stream | Intake | Download | Site;
type Marks<Method> = <M extends Method>(target: object, method: string, typed: TypedPropertyDescriptor<M>) => void;

const ANSWERS = Symbol('yuzhi.answers');
const mark =
  <Method>(declared: Answering): Marks<Method> =>
  (target, method) =>
    Reflect.defineMetadata(ANSWERS, declared, target, method);

/** Answers a read straight into the declared shape; undefined: there is no such thing, or not for this asker. */
export const Answer = <Q extends Query>(declared: Q) =>
  mark<(params: ParamsOf<Q>, asker: Asker) => Promise<Draft<z.input<Q['answer']>> | undefined>>(declared);

/** Gives the bytes of a download; undefined: there is no such thing, or not for this asker. */
export const Serve = <D extends Download>(declared: D) =>
  mark<(params: ParamsOf<D>, asker: Asker) => Promise<Served | undefined>>(declared);

/** Takes a hook, an upload or a form. Writes side tables only; the domain changes by the commands it leads to. */
export const Receive = <I extends Intake>(declared: I) =>
  mark<(received: Received<I>, asker: Asker) => Promise<Draft<z.input<I['answer']>> | RefusedWith<string>>>(declared);

/** The items of a channel behind `after`, oldest first, at most `limit`; undefined: no such channel for this asker. */
export const Fill = <S extends Stream>(declared: S) =>
  mark<
    (
      params: ParamsOf<S>,
      page: { after: number; limit: number },
      asker: Asker,
    ) => Promise<Filling<Draft<z.input<S['item']>>> | undefined>
  >(declared);

/** Serves every request under the site's prefix itself; the path is as the browser sent it. */
export const Mount = (declared: Site) => mark<(request: IncomingMessage, response: ServerResponse) => void>(declared);

export interface Answerer {
  declared: Answering;
  method: (...args: never[]) => unknown;
}

const answered = ['query', 'stream', 'hook', 'upload', 'form', 'download', 'site'];

/** Finds who answers what, and refuses to boot when something declared has nobody. */
export function discoverAnswers(
  service: string,
  declared: readonly Declared[],
  discovery: DiscoveryService,
): Answerer[] {
  const found = new Map<string, Answerer>();
  const problems: string[] = [];
  for (const { instance } of discovery.getProviders()) {
    if (typeof instance !== 'object' || instance === null) continue;
    const proto = Object.getPrototypeOf(instance) as object | null;
    for (const name of proto ? new MetadataScanner().getAllMethodNames(proto) : []) {
      const marked = Reflect.getMetadata(ANSWERS, proto!, name) as Answering | undefined;
      if (!marked) continue;
      if (marked.service !== service) problems.push(`${marked.type} is not for ${service} to answer`);
      if (found.has(marked.type)) problems.push(`two methods answer ${marked.type}`);
      const method = (instance as Record<string, Answerer['method']>)[name]!.bind(instance);
      found.set(marked.type, { declared: marked, method });
    }
  }
  for (const { kind, type, service: owner } of declared) {
    if (owner === service && answered.includes(kind) && !found.has(type)) problems.push(`nobody answers ${type}`);
  }
  if (problems.length) throw new Error(`${service} cannot start:\n${problems.join('\n')}`);
  return [...found.values()];
}
