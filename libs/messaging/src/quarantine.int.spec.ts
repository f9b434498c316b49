import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Envelope } from '@yuzhi/protocol/declare';
import type { TestDatabase } from '@yuzhi/testkit/databases';
import { shopDatabase } from './fixture/shop.ts';
import type { LogRecord, Taken } from './log.ts';
import { countSetAside, listSetAside, Quarantine, StillPoisoned } from './quarantine.ts';

let database: TestDatabase;
let quarantine: Quarantine;
beforeAll(async () => {
  database = await shopDatabase('stall');
  quarantine = new Quarantine(database.side);
});
beforeEach(() => database.owner.query('truncate quarantine'));
afterAll(() => database.close());

const TOPIC = 'till.events';
const event = (offset: number, key = 'k', value = `e${offset}`): Taken => ({
  partition: 0,
  offset: BigInt(offset),
  key,
  value,
  appended: 1,
});
const values = async () => {
  const { rows } = await database.owner.query<{ value: string }>(
    'select value from quarantine order by partition, message_offset',
  );
  return rows.map(({ value }) => value);
};
const replay = async (key = 'k', sent: string[] = []) => {
  await quarantine.replayEvents(TOPIC, key, async (value) => void sent.push(value));
  return sent;
};

describe('a parked event', () => {
  it('parks its key, on its topic only', async () => {
    await quarantine.park(TOPIC, event(1), 'unreadable');
    expect(await quarantine.parked(TOPIC, ['k', 'l'])).toEqual(new Set(['k']));
    expect(await quarantine.parked('other.events', ['k'])).toEqual(new Set());
    expect(await quarantine.parked(TOPIC, [])).toEqual(new Set());
  });

  it('is parked once, however often it comes, with the first thing that was wrong', async () => {
    await quarantine.park(TOPIC, event(1), 'first');
    await quarantine.park(TOPIC, event(1), 'second');
    expect(await quarantine.parkBehind(TOPIC, event(1))).toBe(true);
    const { rows } = await database.owner.query('select error from quarantine');
    expect(rows).toEqual([{ error: 'first' }]);
  });

  it('holds back what comes behind it, until nothing waits any more', async () => {
    expect(await quarantine.parkBehind(TOPIC, event(2))).toBe(false);
    await quarantine.park(TOPIC, event(1), 'unreadable');
    expect(await quarantine.parkBehind(TOPIC, event(2))).toBe(true);
    expect(await quarantine.parkBehind(TOPIC, event(3, 'l'))).toBe(false);
    expect(await replay()).toEqual(['e1', 'e2']);
    expect(await quarantine.parkBehind(TOPIC, event(4))).toBe(false);
    expect(await values()).toEqual([]);
  });

  it('is discarded alone, once: what waits behind it can be sent then', async () => {
    for (const offset of [1, 2]) await quarantine.park(TOPIC, event(offset), 'unreadable');
    expect(await quarantine.discard('other.events', 0, 1n)).toBe(false);
    expect(await quarantine.discard(TOPIC, 0, 1n)).toBe(true);
    expect(await quarantine.discard(TOPIC, 0, 1n)).toBe(false);
    expect(await replay()).toEqual(['e2']);
  });

  it('stays, with all behind it, when it cannot be sent', async () => {
    for (const offset of [1, 2, 3]) await quarantine.park(TOPIC, event(offset), 'unreadable');
    const send = async (value: string) => {
      if (value === 'e2') throw new Error('still unreadable');
    };
    await expect(quarantine.replayEvents(TOPIC, 'k', send)).rejects.toThrow('still unreadable');
    expect(await values()).toEqual(['e2', 'e3']);
  });

  it('may hold what Postgres has no character for', async () => {
    await quarantine.park(TOPIC, event(1, 'k\0', 'v\0'), 'at \0');
    expect(await quarantine.parked(TOPIC, ['k\0'])).toEqual(new Set(['k\\0']));
    expect(await replay('k\0')).toEqual(['v\\0']);
  });

  it('waits for a replay that is just deleting the last one before it decides what is behind what', async () => {
    await quarantine.park(TOPIC, event(1), 'unreadable');
    const replaying = await database.side.connect();
    await replaying.query('begin');
    await replaying.query('delete from quarantine');
    const behind = quarantine.parkBehind(TOPIC, event(2));
    const first = await Promise.race([behind, new Promise((go) => setTimeout(go, 100, 'waits'))]);
    await replaying.query('commit');
    replaying.release();
    expect([first, await behind, await values()]).toEqual(['waits', false, []]);
  });

  it('is overtaken by nothing, while replicas park and replay at once', async () => {
    const seen: string[] = [];
    await quarantine.park(TOPIC, event(0), 'unreadable');
    const arriving = (async () => {
      for (let offset = 1; offset < 150; offset++) {
        if (!(await quarantine.parkBehind(TOPIC, event(offset)))) seen.push(`e${offset}`);
      }
    })();
    let over = false;
    const replaying = (async () => {
      while (!over) await replay('k', seen);
    })();
    await arriving;
    over = true;
    await replaying;
    await replay('k', seen);
    expect(seen).toEqual(Array.from({ length: 150 }, (_, i) => `e${i}`));
  });
});

describe('a poisoned command', () => {
  const envelope: Envelope = {
    id: '018f0000-0000-7000-8000-000000000001',
    idempotencyKey: 'k-1',
    type: 'stall.order.place.v1',
    key: 'order-1',
    principal: { party: 'p', person: 'p', roles: ['bidder'] },
    answerTo: { service: 'till', key: 'a' },
    data: { order: 'order-1' },
  };
  const setAside = (offset: number, value: string) =>
    database.owner.query(`insert into quarantine values ('stall.commands', 1, $1, 'command', 'order-1', $2, 'why')`, [
      offset,
      value,
    ]);
  const sent: LogRecord[] = [];
  const send = async (records: LogRecord[]) => void sent.push(...records);

  it('is sent again as a new request of the same party, the same however often that is tried', async () => {
    await setAside(3, JSON.stringify(envelope));
    const lost = () => Promise.reject(new Error('the broker does not answer'));
    await expect(quarantine.replayCommand('stall.commands', 1, 3n, lost)).rejects.toThrow('does not answer');
    expect(await values()).toHaveLength(1);
    expect(await quarantine.replayCommand('stall.commands', 1, 3n, send)).toBe(true);
    await setAside(3, JSON.stringify(envelope));
    expect(await quarantine.replayCommand('stall.commands', 1, 3n, send)).toBe(true);
    const [first, second] = sent.map(({ value }) => JSON.parse(value!) as Envelope);
    expect(first).toEqual({ ...envelope, id: first!.id, idempotencyKey: first!.id });
    expect(first!.id).not.toBe(envelope.id);
    expect(second).toEqual(first);
    expect(sent[0]).toMatchObject({ topic: 'stall.commands', key: 'order-1' });
    expect(await values()).toEqual([]);
  });

  it('is not there, or is no command: then nothing is sent and nothing is lost', async () => {
    sent.length = 0;
    expect(await quarantine.replayCommand('stall.commands', 1, 99n, send)).toBe(false);
    await quarantine.park('stall.commands', { ...event(5), partition: 1 }, 'an event');
    expect(await quarantine.replayCommand('stall.commands', 1, 5n, send)).toBe(false);
    const nothing = ['no JSON', 'null', '7', '{"key":"order-1"}'];
    for (const [n, value] of nothing.entries()) {
      await setAside(7 + n, value);
      const replayed = quarantine.replayCommand('stall.commands', 1, BigInt(7 + n), send);
      await expect(replayed).rejects.toThrow(StillPoisoned);
    }
    expect([sent, await values()]).toEqual([[], ['e5', ...nothing]]);
  });
});

describe('what is set aside', () => {
  it('is listed and counted, the newest first, with what it says it is and why it is here', async () => {
    await quarantine.park(TOPIC, event(1, 'k', '{"specversion":"1.0","type":"till.paid.v1"}'), 'Error: why\n  at x');
    await database.owner.query(
      `insert into quarantine
       values ('stall.commands', 2, 9, 'command', 'order-2', 'no JSON', $1, now() + interval '1 s')`,
      ['e'.repeat(500)],
    );
    const [newest, oldest, ...more] = await listSetAside(database.reader, 10);
    expect(more).toEqual([]);
    expect(newest).toEqual({
      ...{ kind: 'command', topic: 'stall.commands', partition: 2, offset: '9', key: 'order-2' },
      ...{ type: null, error: 'e'.repeat(300), at: expect.any(Number) },
    });
    expect(oldest).toMatchObject({ kind: 'event', offset: '1', type: 'till.paid.v1', error: 'Error: why' });
    expect(await listSetAside(database.reader, 1)).toEqual([newest]);
    expect(await countSetAside(database.reader)).toEqual({ commands: 1, events: 1 });
  });
});
