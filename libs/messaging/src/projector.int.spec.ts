import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { logger } from '@yuzhi/telemetry/logging';
import type { TestDatabase } from '@yuzhi/testkit/databases';
import { until } from './fixture/log.specification.ts';
import { shopDatabase, TOPICS, view } from './fixture/shop.ts';
import { MemoryBroker, MemoryLog } from './memory-log.ts';
import { type Projection, Projector } from './projector.ts';

let database: TestDatabase;
let broker: MemoryBroker;
const logs: MemoryLog[] = [];
beforeAll(async () => void (database = await shopDatabase('till')));
beforeEach(async () => {
  await database.owner.query('truncate till_view, projection_offset');
  broker = new MemoryBroker();
  for (const topic of TOPICS) broker.create(topic);
});
afterEach(() => Promise.all(logs.splice(0).map((log) => log.close())));
afterAll(() => database.close());

function make(projection: Projection = view, clusterId: string = broker.clusterId): Projector {
  const log = new MemoryLog(broker);
  logs.push(log);
  return new Projector({ log, clusterId, logger: logger('till', 'silent'), side: database.side }, projection);
}
async function start(...as: Parameters<typeof make>): Promise<Projector> {
  const projector = make(...as);
  await projector.start();
  return projector;
}
let events = 0;
const tell = (account: string, amountFen: string, partition = 0) =>
  broker.append({
    topic: 'till.events',
    key: account,
    value: JSON.stringify({ id: `e-${++events}`, type: 'till.account.amount-added.v1', data: { account, amountFen } }),
    partition,
  });
const seen = async (account: string) => {
  const { rows } = await database.side.query<{ events: number; sum: number }>(
    'select events, total_fen::int as sum from till_view where account = $1',
    [account],
  );
  return rows[0];
};
const positions = async () => {
  const { rows } = await database.side.query<{ at: string }>(
    `select partition || ':' || next_offset as at from projection_offset order by 1`,
  );
  return rows.map(({ at }) => at);
};

describe('a projection', () => {
  it('is fed everything that stands on the log, and what comes', async () => {
    tell('a', '1');
    tell('b', '2', 1);
    const projector = make();
    expect(await projector.behind()).toBe(2);
    await projector.start();
    await until(async () => (await projector.behind()) === 0);
    tell('a', '4');
    await until(async () => (await projector.behind()) === 0);
    expect([await seen('a'), await seen('b'), await positions()]).toEqual([
      { events: 2, sum: 5 },
      { events: 1, sum: 2 },
      ['0:2', '1:1'],
    ]);
  });

  it('moves its position with what it writes, or not at all', async () => {
    let fails = 3;
    const unlucky: Projection = {
      ...view,
      async apply(tx, of) {
        await view.apply(tx, of);
        if (fails-- > 0) throw new Error('after the write');
      },
    };
    tell('a', '1');
    tell('a', '2');
    await start(unlucky);
    await until(async () => (await positions()).includes('0:2'));
    expect(await seen('a')).toEqual({ events: 2, sum: 3 });
    expect(fails).toBe(-1);
  });

  it('reads on behind its own position, wherever its group was', async () => {
    for (const amount of ['1', '2', '3', '4']) tell('a', amount);
    await database.side.query(`insert into projection_offset values ($1, 'till.events', 0, $2, 3)`, [
      view.name,
      broker.clusterId,
    ]);
    await start();
    await until(async () => (await seen('a')) !== undefined);
    expect(await seen('a')).toEqual({ events: 1, sum: 4 });
  });

  it('leaves out what is no event, and goes on', async () => {
    for (const value of ['', 'no JSON', '{}', '{"type":1,"id":"x"}', 'null']) {
      broker.append({ topic: 'till.events', key: 'a', value, partition: 0 });
    }
    tell('a', '1');
    await start();
    await until(async () => (await seen('a')) !== undefined);
    expect(await positions()).toContain('0:6');
  });

  it('is written by one of two replicas, and each event once, while they take over from each other', async () => {
    const first = await start();
    for (let i = 0; i < 100; i++) tell('a', '1', i % 2);
    const second = await start();
    for (let i = 0; i < 100; i++) tell('a', '1', i % 2);
    await logs[0]!.close();
    for (let i = 0; i < 100; i++) tell('a', '1', i % 2);
    await until(async () => (await second.behind()) === 0);
    expect(await seen('a')).toEqual({ events: 300, sum: 300 });
    await expect(first.behind()).rejects.toThrow('the log is closed');
  });

  it('does not move on another cluster than the one that it was read from', async () => {
    tell('a', '1');
    const projector = await start();
    await until(async () => (await projector.behind()) === 0);
    await logs[0]!.close();
    tell('a', '2');
    await start(view, 'another-cluster');
    await new Promise((go) => setTimeout(go, 150));
    expect([await seen('a'), await positions()]).toEqual([{ events: 1, sum: 1 }, ['0:1', '1:0']]);
  });

  it('survives that the server ends its connection in the middle of a transaction', async () => {
    let ended = 0;
    const cut: Projection = {
      ...view,
      async apply(tx, of) {
        if (ended++ === 0) await tx.query('select pg_terminate_backend(pg_backend_pid())');
        await view.apply(tx, of);
      },
    };
    tell('a', '1');
    await start(cut);
    await until(async () => (await seen('a')) !== undefined);
    expect(await seen('a')).toEqual({ events: 1, sum: 1 });
  });
});

describe('building it again', () => {
  it('begins at the beginning and ends where it was', async () => {
    for (const amount of ['1', '2', '3']) tell('a', amount);
    const projector = await start();
    await until(async () => (await projector.behind()) === 0);
    await database.side.query(`update till_view set total_fen = 99`);
    await projector.rebuild();
    await until(async () => (await projector.behind()) === 0);
    expect([await seen('a'), await positions()]).toEqual([{ events: 3, sum: 6 }, ['0:3', '1:0']]);
  });

  it('is refused for one that cannot be emptied, which stays as it was', async () => {
    tell('a', '1');
    const { clear: _, ...lasting } = view;
    const projector = await start(lasting);
    await until(async () => (await projector.behind()) === 0);
    await expect(projector.rebuild()).rejects.toThrow('till-view cannot be emptied');
    expect(await seen('a')).toEqual({ events: 1, sum: 1 });
  });
});
