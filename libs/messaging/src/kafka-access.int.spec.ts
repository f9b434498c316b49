import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { areOurs, kafkaBrokersOf } from '@yuzhi/backing/kafka-users';
import { startOwnKafka } from '@yuzhi/backing/own-servers';
import { brokers as shared, freshPrefix, removeTopics } from './fixture/topics.ts';
import { grantAccess } from './kafka-access.ts';
import { KafkaLog } from './kafka-log.ts';
import { reachOf } from './kafka-settings.ts';
import { openKafka } from './kafkajs.ts';
import type { Log } from './log.ts';
import { PlatformaticLog } from './platformatic-log.ts';

const OWNERS = ['bidding', 'escrow'];
const prefix = freshPrefix('access');
const TOPICS = OWNERS.flatMap((owner) => [`${owner}.commands`, `${owner}.events`, `${owner}.table.v1`]);
/** Who reads what every process did; a broker of the test run knows him. */
const READER = 'auditor';
/** Only where the run's brokers are somebody else's, who knows none of these users. */
let own: Awaited<ReturnType<typeof startOwnKafka>> | undefined;
let admin: string[];
const logs: Log[] = [];

const as = (user: string, Client: typeof KafkaLog | typeof PlatformaticLog = KafkaLog): Log => {
  const brokers = kafkaBrokersOf(admin, user);
  const log = new Client({ brokers, clientId: user, sessionTimeoutMs: 2000, prefix });
  logs.push(log);
  return log;
};
beforeAll(async () => {
  if (!areOurs(shared)) own = await startOwnKafka([...OWNERS, 'gateway', READER]);
  admin = own?.part.brokers ?? shared;
  await grantAccess(admin, prefix, { owners: OWNERS, doors: ['gateway'] });
  await as('bidding').prepare(TOPICS.map((topic) => ({ topic, partitions: 1, compacted: false })));
}, 60_000);
afterAll(async () => {
  await Promise.all(logs.map((log) => log.close()));
  await (own ? own.stop() : removeTopics(prefix));
});

describe.each([
  ['kafkajs', KafkaLog],
  ['@platformatic/kafka', PlatformaticLog],
] as const)('by %s', (_, Client) => {
  it.each([
    ['gateway', ['bidding.commands', 'escrow.commands']],
    ['bidding', ['bidding.commands', 'escrow.commands', 'bidding.events', 'bidding.table.v1']],
    ['escrow', ['bidding.commands', 'escrow.commands', 'escrow.events', 'escrow.table.v1']],
    [READER, []],
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
    await as(READER, Client).replay('bidding.events', (key, value) => void seen.push(`${key} ${value}`));
    expect(new Set(seen)).toEqual(new Set(['k bidding']));
  });
});

describe('a broker', () => {
  const reached = async (brokers: string[]) => {
    const client = openKafka(brokers, { clientId: 'stranger', retry: { retries: 0 } }).admin();
    try {
      await client.connect();
      await client.listTopics();
      return 'let in';
    } catch {
      return 'turned away';
    } finally {
      await client.disconnect();
    }
  };

  it('lets in nobody who does not say who he is, or says it wrongly', async () => {
    const { places } = reachOf(admin);
    expect(await reached(admin)).toBe('let in');
    expect(await reached(places)).toBe('turned away');
    expect(await reached([`gateway:wrong@${places[0]}`])).toBe('turned away');
    expect(await reached([`nobody:wrong@${places[0]}`])).toBe('turned away');
  });
});
