import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Envelope } from '@yuzhi/protocol/declare';
import { logger } from '@yuzhi/telemetry/logging';
import type { TestDatabase } from '@yuzhi/testkit/databases';
import { until } from './fixture/log.specification.ts';
import { wake } from './fixture/protocol.ts';
import { shopDatabase, TOPICS } from './fixture/shop.ts';
import { AccountStore } from './fixture/till/till.ts';
import { MemoryBroker, MemoryLog } from './memory-log.ts';
import { Sweeper } from './sweeper.ts';

let database: TestDatabase;
let broker: MemoryBroker;
let sweeper: Sweeper;
beforeAll(async () => void (database = await shopDatabase('till')));
beforeEach(async () => {
  await database.owner.query('truncate till_account, consumer_offset');
  broker = new MemoryBroker();
  for (const topic of TOPICS) broker.create(topic);
  sweeper = make();
});
afterEach(() => sweeper.stop());
afterAll(() => database.close());

const make = (everyMs = 100_000, idleMs = 50) =>
  new Sweeper({
    service: 'till',
    log: new MemoryLog(broker),
    logger: logger('till', 'silent'),
    reader: database.reader,
    wakings: [{ command: wake, store: new AccountStore(database.reader) as never }],
    everyMs,
    idleMs,
  });
/** As many accounts, due at these instants in turn. */
const due = (many: number, ...at: (number | null)[]) =>
  database.owner.query(
    `insert into till_account select ('018f3c1e-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 0, 1, d, '{}'
     from unnest($1::int[], $2::timestamptz[]) u(i, d)`,
    [
      Array.from({ length: many }, (_, i) => i),
      Array.from({ length: many }, (_, i) => {
        const instant = at[i % at.length];
        return instant == null ? null : new Date(instant);
      }),
    ],
  );
const sent = () =>
  broker
    .partitions('till.commands')
    .flatMap(({ records }) => records)
    .map(({ value }) => JSON.parse(value!) as Envelope);
const ahead = (...offsets: number[]) =>
  database.owner.query(
    `insert into consumer_offset (topic, partition, cluster_id, next_offset, owner_epoch, clock_offset_ms)
     select 'till.commands', i, 'c', 0, 1, o from unnest($1::int[], $2::bigint[]) u(i, o)`,
    [offsets.map((_, i) => i), offsets],
  );

describe('a look at the deadlines', () => {
  it('wakes whoever is due, as the service itself, and nobody else', async () => {
    const past = Date.now() - 1000;
    await due(3, past, Date.now() + 60_000, null);
    expect(await sweeper.look()).toBe(1);
    expect(sent()).toEqual([
      {
        id: expect.any(String),
        idempotencyKey: sent()[0]!.id,
        type: wake.type,
        key: '018f3c1e-0000-7000-8000-000000000000',
        principal: { party: 'service:till', person: 'service:till', roles: ['service'] },
        data: {},
      },
    ]);
    expect(await sweeper.earliest()).toBe(past);
  });

  it('sees all of them, also when very many are due at the same instant', async () => {
    await due(1203, Date.now() - 1000, Date.now() - 1000, Date.now() - 2000);
    expect(await sweeper.look()).toBe(1203);
    expect(new Set(sent().map(({ key }) => key)).size).toBe(1203);
    expect(new Set(sent().map(({ id }) => id)).size).toBe(1203);
  });

  it('sends a wake-up once, and after a restart under the same id', async () => {
    await due(2, Date.now() - 1000);
    await sweeper.look();
    expect([await sweeper.look(), sent().length]).toEqual([2, 2]);
    await make().look();
    expect(sent()).toHaveLength(4);
    expect(new Set(sent().map(({ id }) => id)).size).toBe(2);
  });

  it('sends it again, as another attempt, when nothing came of it for a minute', async () => {
    await due(1, Date.now() - 1000);
    await ahead(0);
    await sweeper.look();
    await database.owner.query('update consumer_offset set clock_offset_ms = 61000');
    expect([await sweeper.look(), await sweeper.look()]).toEqual([1, 1]);
    expect(new Set(sent().map(({ id }) => id)).size).toBe(2);
    expect(sent()).toHaveLength(2);
  });

  it('does not take for sent what the log refused', async () => {
    await due(1, Date.now() - 1000);
    broker.away = true;
    await expect(sweeper.look()).rejects.toThrow('the broker does not answer');
    broker.away = false;
    await sweeper.look();
    expect(sent()).toHaveLength(1);
  });

  it('uses the time of the partition that has advanced least', async () => {
    await due(1, Date.now() + 3_000_000);
    await ahead(7_200_000, 3_600_000, 1_800_000);
    expect(await sweeper.look()).toBe(0);
    await database.owner.query('update consumer_offset set clock_offset_ms = 3600000 where partition = 2');
    expect(await sweeper.look()).toBe(1);
    expect(Math.abs((await sweeper.now()) - Date.now() - 3_600_000)).toBeLessThan(5_000);
  });

  it('has no earliest when nothing is to come', async () => {
    await due(2, null);
    expect([await sweeper.earliest(), await sweeper.look()]).toEqual([null, 0]);
  });
});

it('a sweeper looks by itself, goes on after a failure, and stops', async () => {
  const often = make(10);
  broker.away = true;
  often.start();
  await due(1, Date.now() - 1000);
  await new Promise((go) => setTimeout(go, 50));
  broker.away = false;
  await until(() => sent().length === 1);
  often.stop();
  await new Promise((go) => setTimeout(go, 50));
  await database.owner.query('truncate till_account');
  await due(3, Date.now() - 500);
  await new Promise((go) => setTimeout(go, 60));
  expect(sent()).toHaveLength(1);
});

describe('a sweeper that has nothing to look for', () => {
  let resting: Sweeper;
  const aLook = () => new Promise((go) => setTimeout(go, 60));
  beforeEach(() => {
    resting = make(10, 1_000_000);
  });
  afterEach(() => resting.stop());

  it('rests until something is committed', async () => {
    resting.start();
    await aLook();
    await due(1, Date.now() - 1000);
    await aLook();
    expect(sent()).toEqual([]);
    resting.kick();
    await until(() => sent().length === 1);
  });

  it('rests until the next deadline', async () => {
    await due(1, Date.now() + 400);
    resting.start();
    await aLook();
    expect(sent()).toEqual([]);
    await until(() => sent().length === 1);
  });
});
