import { createHash, timingSafeEqual } from 'node:crypto';
import { Journal } from '@yuzhi/database/journal';
import type { Reader } from '@yuzhi/database/store';
import type { Runtime } from '@yuzhi/messaging/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Denied, parseInput } from './problem.ts';

/** The header by which our own processes know each other; the door lets none in from outside. */
export const INTERNAL = 'x-yuzhi-internal';
/** Operations of one read. */
export const ASKED_MAX = 500;

const Asked = z.object({ party: z.string(), aggregate: z.string(), idempotencyKey: z.string() });
const AskedList = z.object({ asked: z.array(Asked).max(ASKED_MAX) });
const Parked = z.object({ topic: z.string(), key: z.string() });

export interface InternalParts {
  secret: string;
  runtime: Runtime;
  reader: Reader;
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** What only our own processes may ask: how far we are, what was decided, and to take what was set aside again. */
export function registerInternal(http: FastifyInstance, { secret, runtime, reader }: InternalParts): void {
  const wanted = digest(secret);
  const journal = new Journal();
  const onRequest = (request: FastifyRequest, _: unknown, done: (error?: Error) => void) => {
    const given = request.headers[INTERNAL];
    const known = typeof given === 'string' && timingSafeEqual(digest(given), wanted);
    done(known ? undefined : new Denied('forbidden'));
  };
  http.get('/internal/pulse', { onRequest }, () => runtime.pulse());
  http.post('/internal/outcomes', { onRequest }, async ({ body }) => {
    const { asked } = parseInput(AskedList, body);
    return { filed: await journal.known(reader, asked) };
  });
  http.post('/internal/parked/replay', { onRequest }, async ({ body }) => {
    const { topic, key } = parseInput(Parked, body);
    return { replayed: await runtime.replayParked(topic, key) };
  });
}
