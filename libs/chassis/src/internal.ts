import { createHash, timingSafeEqual } from 'node:crypto';
import { Journal } from '@yuzhi/database/journal';
import type { Reader } from '@yuzhi/database/store';
import { StillPoisoned } from '@yuzhi/messaging/quarantine';
import type { Runtime } from '@yuzhi/messaging/runtime';
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { z } from 'zod';
import { Denied, parseInput } from './problem.ts';

/** The header by which our own processes know each other; the door lets none in from outside. */
export const INTERNAL = 'x-yuzhi-internal';
/** Operations of one read. */
export const ASKED_MAX = 500;

const AskedList = z.object({ asked: z.array(z.uuid()).max(ASKED_MAX) });
const Parked = z.object({ topic: z.string(), key: z.string() });
const Poisoned = z.object({ partition: z.int().min(0), offset: z.string().regex(/^\d{1,18}$/) });
const SetAside = Poisoned.extend({ topic: z.string() });

/** What became of a replay: how much was sent again, or why it would be in vain. */
export interface Replayed {
  replayed: number;
  stillPoisoned: string | null;
}

/** The options of a route for our own processes only. */
export type InnerDoor = Required<Pick<RouteShorthandOptions, 'onRequest'>>;

export interface InternalParts {
  secret: string;
  runtime: Runtime;
  reader: Reader;
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Lets in whoever knows the secret that our own processes share. */
export function innerDoor(secret: string): InnerDoor {
  const wanted = digest(secret);
  const onRequest = (request: FastifyRequest, _: unknown, done: (error?: Error) => void) => {
    const given = request.headers[INTERNAL];
    const known = typeof given === 'string' && timingSafeEqual(digest(given), wanted);
    done(known ? undefined : new Denied('forbidden'));
  };
  return { onRequest };
}

/** What only our own processes may ask: how far we are, what was decided, and to take what was set aside again. */
export function registerInternal(http: FastifyInstance, { secret, runtime, reader }: InternalParts): void {
  const journal = new Journal();
  const door = innerDoor(secret);
  http.get('/internal/pulse', door, () => runtime.pulse());
  http.post('/internal/outcomes', door, async ({ body }) => {
    const { asked } = parseInput(AskedList, body);
    return { filed: await journal.known(reader, asked) };
  });
  http.post('/internal/parked/replay', door, ({ body }) => {
    const { topic, key } = parseInput(Parked, body);
    return replayed(() => runtime.replayParked(topic, key));
  });
  http.post('/internal/poisoned/replay', door, ({ body }) => {
    const { partition, offset } = parseInput(Poisoned, body);
    return replayed(async () => ((await runtime.replayCommand(partition, BigInt(offset))) ? 1 : 0));
  });
  http.post('/internal/set-aside/discard', door, async ({ body }) => {
    const { topic, partition, offset } = parseInput(SetAside, body);
    return { discarded: (await runtime.discard(topic, partition, BigInt(offset))) ? 1 : 0 };
  });
}

async function replayed(send: () => Promise<number>): Promise<Replayed> {
  try {
    return { replayed: await send(), stillPoisoned: null };
  } catch (error) {
    if (!(error instanceof StillPoisoned)) throw error;
    return { replayed: 0, stillPoisoned: error.message };
  }
}
