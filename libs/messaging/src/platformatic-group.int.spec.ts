import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Connection, NetworkError } from '@platformatic/kafka';
import { openLogs, specifyGroup } from './fixture/group.specification.ts';
import { until } from './fixture/log.specification.ts';
import { KafkaLog } from './kafka-log.ts';
import type { Batch } from './log.ts';
import { PlatformaticLog } from './platformatic-log.ts';

const group = openLogs('platformatic', (settings) => new PlatformaticLog(settings));
const { open, topicOf, read } = group;

specifyGroup(group);

const PRODUCE = 0;
const LEAVE_GROUP = 13;

/** The next request of a kind reaches the broker, and its answer does not reach us. Answers whether it happened. */
function loseNextAnswer(kind: number, canRetry: boolean) {
  const original = Connection.prototype.send;
  const lost = { already: false };
  jest.spyOn(Connection.prototype, 'send').mockImplementation(function (this: Connection, ...asked: unknown[]) {
    const [apiKey, callback] = [asked[0], asked.at(-1) as (error: Error) => void];
    if (apiKey === kind && !lost.already) {
      lost.already = true;
      asked[asked.length - 1] = () => callback(new NetworkError('the answer was lost', { canRetry }));
    }
    return (original as (...of: unknown[]) => void).apply(this, asked);
  });
  return lost;
}
afterEach(() => void jest.restoreAllMocks());

describe('a produce whose answer is lost', () => {
  it.each([
    ['is repeated by the client, and stands once', true],
    ['and is not repeated costs no later record', false],
  ])('%s', async (_, canRetry) => {
    const topic = await topicOf(1);
    const log = open('writer');
    const send = (value: string) => log.send([{ topic, key: 'k', value }]);
    await send('a');
    const lost = loseNextAnswer(PRODUCE, canRetry);
    await expect(
      send('b').then(
        () => true,
        () => false,
      ),
    ).resolves.toBe(canRetry);
    await send('c');
    await Promise.all([send('d'), send('e')]);
    expect(lost.already).toBe(true);
    expect((await read(topic, 5)).map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

it('a record for a partition that its topic does not have is refused, and written nowhere', async () => {
  const topic = await topicOf(2);
  const log = open('writer');
  await expect(log.send([{ topic, key: 'k', value: 'v', partition: 2 }])).rejects.toThrow(RangeError);
  expect([...(await log.ends(topic)).values()]).toEqual([0n, 0n]);
});

it('closes although nobody answers its leaving', async () => {
  const topic = await topicOf(1);
  const log = open('leaver');
  await log.lead(topic, 'g', { onAssigned: () => {}, onBatch: () => undefined });
  const lost = loseNextAnswer(LEAVE_GROUP, false);
  await log.close();
  expect(lost.already).toBe(true);
});

it('what is sought outside of the log is read from its beginning', async () => {
  const topic = await topicOf(1);
  const log = open('lost');
  await log.send([0, 1].map((n) => ({ topic, key: 'k', value: `${n}` })));
  const batches: Batch[] = [];
  await log.lead(topic, 'g', {
    onAssigned: (_, seek) => seek(0, 99n),
    onBatch: (batch) => void batches.push(batch),
  });
  await until(() => batches.length > 0);
  expect(batches[0]!.fetchedFrom).toBe(0n);
  expect(batches.flatMap(({ records }) => records.map(({ value }) => value))).toEqual(['0', '1']);
});

it('a partition that is held does not keep the others waiting', async () => {
  const topic = await topicOf(2);
  const log = open('busy');
  const seen: string[] = [];
  let go = () => {};
  await log.lead(topic, 'g', {
    onAssigned: () => {},
    onBatch: ({ partition, records }) => {
      seen.push(...records.map(({ value }) => value));
      return partition === 0 && seen.length === 1 ? new Promise<void>((resolve) => (go = resolve)) : undefined;
    },
  });
  const send = (partition: number, value: string) => log.send([{ topic, key: 'k', value, partition }]);
  await send(0, 'held');
  await until(() => seen.length === 1);
  await send(0, 'behind it');
  for (const value of ['free', 'free again']) await send(1, value);
  await until(() => seen.length === 3);
  expect(seen).toEqual(['held', 'free', 'free again']);
  go();
  await until(() => seen.length === 4);
});

describe('a replica that runs kafkajs', () => {
  it('shares a group with one that runs @platformatic/kafka, whoever was there first', async () => {
    const topic = await topicOf(4);
    const clients = [(s: ConstructorParameters<typeof KafkaLog>[0]) => new KafkaLog(s), undefined];
    for (const order of [clients, clients.toReversed()]) {
      const members = order.map((by, n) => open(`replica-${n}-${order.indexOf(undefined)}`, 2000, by));
      const assigned: number[][] = members.map(() => []);
      for (const [n, log] of members.entries()) {
        await log.lead(topic, 'mixed', { onAssigned: (p) => (assigned[n] = p), onBatch: () => undefined });
      }
      await until(() => assigned.every((partitions) => partitions.length === 2));
      expect(assigned.flat().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
      await Promise.all(members.map((log) => log.close()));
    }
  });

  it('goes on behind what the other acknowledged, and the other way round', async () => {
    const topic = await topicOf(1);
    const seen: string[] = [];
    let next = 0;
    const writer = open('writer');
    for (const by of [undefined, (s: ConstructorParameters<typeof KafkaLog>[0]) => new KafkaLog(s), undefined]) {
      const log = open('in turn', 2000, by);
      await log.follow(topic, 'turns', async ({ records }) => void seen.push(...records.map(({ value }) => value)));
      await writer.send([{ topic, key: 'k', value: `${next++}` }]);
      await until(() => seen.length === next);
      await log.close();
    }
    expect(seen).toEqual(['0', '1', '2']);
  });
});
