import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kafkaBrokersOf } from '@yuzhi/backing/kafka-users';
import { startOwnKafka } from '@yuzhi/backing/own-servers';
import { grantAccess } from './kafka-access.ts';
import { KafkaLog } from './kafka-log.ts';
import { reachOf } from './kafka-settings.ts';
import { openKafka } from './kafkajs.ts';
import type { Log } from './log.ts';
import { PlatformaticLog } from './platformatic-log.ts';

const OWNERS = ['bidding', 'escrow'];
const prefix = 'access_';
const TOPICS = OWNERS.flatMap((owner) => [`${owner}.commands`, `${owner}.events`, `${owner}.table.v1`]);
let kafka: Awaited<ReturnType<typeof startOwnKafka>>;
const logs: Log[] = [];

const as = (user: string, Client: typeof KafkaLog | typeof PlatformaticLog = KafkaLog): Log => {
  const brokers = kafkaBrokersOf(kafka.part.brokers, user);
  const log = new Client({ brokers, clientId: user, sessionTimeoutMs: 2000, prefix });
  logs.push(log);
  return log;
};
beforeAll(async () => {
  kafka = await startOwnKafka([...OWNERS, 'gateway', 'reader']);
  await grantAccess(kafka.part.brokers, prefix, { owners: OWNERS, doors: ['gateway'] });
  await as('bidding').prepare(TOPICS.map((topic) => ({ topic, partitions: 1, compacted: false })));
}, 60_000);
afterAll(async () => {
  await Promise.all(logs.map((log) => log.close()));
  await kafka.stop();
});

describe.each([
  ['kafkajs', KafkaLog],
  ['@platformatic/kafka', PlatformaticLog],
] as const)('by %s', (_, Client) => {
  it.each([
    ['gateway', ['bidding.commands', 'escrow.commands']],
    ['bidding', ['bidding.commands', 'escrow.commands', 'bidding.events', 'bidding.table.v1']],
    ['escrow', ['bidding.commands', 'escrow.commands', 'escrow.events', 'escrow.table.v1']],
    ['reader', []],
  ])('%s writes what is its to write, and nothing else', async (user, may) => {
    const log = as(user, Client);
    const written: string[] = [];
    // One by one: what goes in one request is refused together.
    for (const topic of TOPICS) {
      const sending = log.send([{ topic, key: 'k', value: user }]);
      await sending.then(
        () => written.push(topic),
        (error: Error) => expect(JSON.stringify([error.message, error])).toMatch(/authoriz/i),
      );
    }
    expect(written).toEqual(TOPICS.filter((topic) => may.includes(topic)));
  });

  it('whoever is known may read', async () => {
    const seen: string[] = [];
    await as('reader', Client).replay('bidding.events', (key, value) => void seen.push(`${key} ${value}`));
    expect(new Set(seen)).toEqual(new Set(['k bidding']));
  });
});

describe('a broker', () => {
  const reached = async (brokers: string[]) => {
    const admin = openKafka(brokers, { clientId: 'stranger', retry: { retries: 0 } }).admin();
    try {
      await admin.connect();
      await admin.listTopics();
      return 'let in';
    } catch {
      return 'turned away';
    } finally {
      await admin.disconnect();
    }
  };

  it('lets in nobody who does not say who he is, or says it wrongly', async () => {
    const { places } = reachOf(kafka.part.brokers);
    expect(await reached(kafka.part.brokers)).toBe('let in');
    expect(await reached(places)).toBe('turned away');
    expect(await reached([`gateway:wrong@${places[0]}`])).toBe('turned away');
    expect(await reached([`nobody:wrong@${places[0]}`])).toBe('turned away');
  });
});
