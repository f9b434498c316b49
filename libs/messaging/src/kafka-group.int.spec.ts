import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { Kafka, KafkaJSNonRetriableError, logLevel } from 'kafkajs';
import { until } from './fixture/log.specification.ts';
import { brokers, freshPrefix, removeTopics } from './fixture/topics.ts';
import { KafkaLog } from './kafka-log.ts';
import type { Batch, Taken } from './log.ts';

const prefix = freshPrefix('group');
const logs: KafkaLog[] = [];
let topics = 0;

function open(clientId: string, sessionTimeoutMs = 2000): KafkaLog {
  const log = new KafkaLog({ brokers, clientId, sessionTimeoutMs, prefix });
  logs.push(log);
  return log;
}
async function topicOf(partitions: number): Promise<string> {
  const topic = `t${++topics}`;
  await open('maker').prepare([{ topic, partitions }]);
  return topic;
}
async function read(topic: string, many: number): Promise<Taken[]> {
  const taken: Taken[] = [];
  const onBatch = ({ records }: Batch) => void taken.push(...records);
  await open(`reader-${randomUUID()}`).lead(topic, `read-${randomUUID()}`, { onAssigned: () => {}, onBatch });
  await until(() => taken.length >= many);
  return taken;
}
const raw = () => new Kafka({ clientId: 'raw', brokers, logLevel: logLevel.NOTHING });
const pause = (ms: number) => new Promise<void>((go) => setTimeout(go, ms));

afterEach(() => Promise.all(logs.splice(0).map((log) => log.close())));
afterAll(() => removeTopics(prefix));

describe('a produce that failed although the broker took it', () => {
  const require = createRequire(import.meta.url);
  const broker = (require('kafkajs/src/broker') as { prototype: { produce(of: unknown): Promise<unknown> } }).prototype;

  /** The next produce reaches the broker, and its answer does not reach us. */
  function loseNextAnswer() {
    const original = broker.produce;
    jest.spyOn(broker, 'produce').mockImplementationOnce(async function (this: unknown, of) {
      await original.call(this as typeof broker, of);
      throw new KafkaJSNonRetriableError('the answer was lost');
    });
  }
  afterEach(() => void jest.restoreAllMocks());

  it('costs no later record', async () => {
    const topic = await topicOf(1);
    const log = open('writer');
    const send = (value: string) => log.send([{ topic, key: 'k', value }]);
    await send('a');
    loseNextAnswer();
    await expect(send('b')).rejects.toThrow('the answer was lost');
    await send('c');
    await Promise.all([send('d'), send('e')]);
    expect((await read(topic, 5)).map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('would cost the next one if its producer were used again: kafkajs gives its sequence number away', async () => {
    const topic = await topicOf(1);
    const producer = raw().producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const send = (value: string) => producer.send({ topic: prefix + topic, messages: [{ key: 'k', value }] });
    await send('a');
    loseNextAnswer();
    await expect(send('b')).rejects.toThrow('the answer was lost');
    await send('acknowledged, and lost');
    await send('d');
    await producer.disconnect();
    expect((await read(topic, 3)).map(({ value }) => value)).toEqual(['a', 'b', 'd']);
  });
});

it('the time of a record is the broker’s, whatever its sender says', async () => {
  const topic = await topicOf(1);
  const producer = raw().producer();
  await producer.connect();
  await producer.send({ topic: prefix + topic, messages: [{ key: 'k', value: 'v', timestamp: '1000' }] });
  await producer.disconnect();
  const [taken] = await read(topic, 1);
  expect(Math.abs(taken!.appended - Date.now())).toBeLessThan(10_000);
});

describe('a member of a group', () => {
  it('that died is given up by whoever comes back under its name, long before its session ends', async () => {
    const topic = await topicOf(2);
    const dead = open('replica-1', 30_000);
    await dead.lead(topic, 'g', { onAssigned: () => {}, onBatch: () => undefined });
    const began = performance.now();
    const assigned: number[][] = [];
    await open('replica-1', 30_000).lead(topic, 'g', { onAssigned: (p) => assigned.push(p), onBatch: () => undefined });
    expect(assigned[0]).toEqual([0, 1]);
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  it('keeps its partitions while its follower holds a batch for longer than a session', async () => {
    const topic = await topicOf(1);
    const log = open('slow', 1000);
    let assignments = 0;
    let go = () => {};
    let held: Batch | undefined;
    const onBatch = (batch: Batch) => {
      held = batch;
      return new Promise<void>((resolve) => (go = resolve));
    };
    await log.lead(topic, 'g', { onAssigned: () => (assignments += 1), onBatch });
    await log.send([{ topic, key: 'k', value: 'v' }]);
    await until(() => held !== undefined);
    await pause(2200);
    expect(held!.current()).toBe(true);
    go();
    await log.send([{ topic, key: 'k', value: 'w' }]);
    await until(() => held!.records[0]!.value === 'w');
    expect(assignments).toBe(1);
    go();
  });

  it('lets go of the batch that its follower holds when the group gives the partition to another', async () => {
    const topic = await topicOf(2);
    const first = open('first');
    let held: Batch | undefined;
    const assigned: number[][] = [];
    await first.lead(topic, 'g', {
      onAssigned: (partitions) => assigned.push(partitions),
      onBatch: (batch) => {
        held ??= batch;
        return new Promise<void>(() => {});
      },
    });
    await first.send([0, 1].map((partition) => ({ topic, key: 'k', value: 'v', partition })));
    await until(() => held !== undefined);
    const second: number[][] = [];
    await open('second').lead(topic, 'g', { onAssigned: (p) => second.push(p), onBatch: () => undefined });
    await until(() => second.at(-1)?.length === 1 && assigned.at(-1)?.length === 1);
    expect(held!.current()).toBe(false);
    expect(new Set([...assigned.at(-1)!, ...second.at(-1)!])).toEqual(new Set([0, 1]));
  });
});

it('an idle connection does not spin', async () => {
  const topic = await topicOf(1);
  const log = open('idle');
  await log.lead(topic, 'g', { onAssigned: () => {}, onBatch: () => undefined });
  await log.send([{ topic, key: 'k', value: 'v' }]);
  await pause(100);
  const timers = jest.spyOn(globalThis, 'setTimeout');
  await pause(500);
  // kafkajs as it is sets one every millisecond on every connection: some 1,500 here.
  expect(timers.mock.calls.length).toBeLessThan(150);
  timers.mockRestore();
});
