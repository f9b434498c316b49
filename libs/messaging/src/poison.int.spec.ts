import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from './fixture/log.specification.ts';
import { accountId, MemoryTill } from './fixture/memory-till.ts';
import { add } from './fixture/protocol.ts';
import { bidder } from './fixture/shop.ts';
import { FORBIDDEN_TOTAL, UNLUCKY } from './fixture/till/till.ts';
import type { Handlers } from './handlers.ts';
import { uuidv7 } from './ids.ts';
import { answerType, clockRecord } from './judge.ts';
import type { Batch, CommandFollower } from './log.ts';
import { MemoryLog } from './memory-log.ts';
import { partitionOf } from './partitioner.ts';

let till: MemoryTill;
beforeAll(async () => {
  till = await MemoryTill.make();
  await till.open();
});
beforeEach(() => till.database.owner.query('truncate quarantine'));
afterAll(() => till.close());

const unlucky = String(UNLUCKY);
const done = (totalFen: string) => ({ status: 200, code: 'done', body: { totalFen } });
const fault = { status: 500, code: 'internal-fault', body: {} };
interface SetAside {
  key: string;
  value: string;
  error: string;
}
const quarantined = () =>
  till.rows<SetAside>(`select key, value, error from quarantine where kind = 'command' order by at, message_offset`);
/** Accounts that lie on one partition, so that their commands share every commit. */
function together(many: number): string[] {
  const found: string[] = [];
  while (found.length < many) {
    const account = accountId();
    if (partitionOf(account, 4) === 1) found.push(account);
  }
  return found;
}
const raw = (value: string, key = together(1)[0]!) => till.broker.append({ topic: 'till.commands', key, value });
/** Commands before and after whatever `poison` puts between, on the same partition; all of them must be done. */
async function around(poison: () => void): Promise<void> {
  const accounts = together(6);
  const before = accounts.slice(0, 3).map((a) => till.book(a, '1'));
  const after = accounts.slice(3).map((a) => till.book(a, '2'));
  till.put(...before);
  poison();
  expect(await till.ask(...after)).toEqual(after.map(() => done('2')));
  for (const account of accounts.slice(0, 3)) expect(await till.booked(account)).toEqual(['1']);
}

describe('a throw in a decision', () => {
  it('sets its command aside in the same commit, and the others of the batch are done', async () => {
    const [good, bad, other] = together(3) as [string, string, string];
    const poison = till.book(bad, unlucky);
    const batch = [till.book(good, '1'), poison, till.book(bad, '2'), till.book(other, '3')];
    expect(await till.ask(...batch)).toEqual([done('1'), fault, done('2'), done('3')]);
    const [row, ...more] = await quarantined();
    expect(more).toEqual([]);
    expect(row).toMatchObject({ key: bad, value: JSON.stringify(poison) });
    expect(row!.error).toMatch(/^Error: a mistake of ours\n[^]*book/);
    const commits = await till.rows(
      `select count(distinct xmin::text)::int as n from inbox where command_id = any($1)`,
      batch.map((c) => c.id),
    );
    expect(commits).toEqual([{ n: 1 }]);
    expect(await till.booked(bad)).toEqual(['2']);
    await till.idle();
    expect(till.events(bad).map(({ data }) => data.amountFen)).toEqual(['2']);
  });

  it('is answered again with our mistake, until the command is sent again after it was mended', async () => {
    const [account] = together(1) as [string];
    const poison = till.book(account, unlucky);
    expect(await till.ask(poison)).toEqual([fault]);
    expect(await till.ask({ ...poison, id: uuidv7() })).toEqual([fault]);
    const [{ partition, at }] = (await till.rows<{ partition: number; at: string }>(
      'select partition, message_offset::text as at from quarantine',
    )) as [{ partition: number; at: string }];
    await till.rows(`update quarantine set value = replace(value, '"${unlucky}"', '"12"')`);
    expect(await till.opened!.runtime.replayCommand(partition, BigInt(at))).toBe(true);
    await until(async () => (await till.booked(account)).length === 1);
    expect(await till.booked(account)).toEqual(['12']);
    expect(await quarantined()).toEqual([]);
    expect(await till.opened!.runtime.replayCommand(partition, BigInt(at))).toBe(false);
  });
});

describe('an error of Postgres that comes the same way every time', () => {
  it('isolates its culprit, whose batch is committed one by one', async () => {
    const [good, bad, other] = together(3) as [string, string, string];
    const poison = till.book(bad, String(FORBIDDEN_TOTAL));
    expect(await till.ask(till.book(good, '1'), poison, till.book(other, '3'))).toEqual([done('1'), fault, done('3')]);
    expect(await till.ask(till.book(bad, '5'))).toEqual([done('5')]);
    expect((await quarantined()).map(({ key, error }) => [key, /till_account_total_fen_check/.test(error)])).toEqual([
      [bad, true],
    ]);
    expect(await till.booked(bad)).toEqual(['5']);
  });

  it('does so on every partition of the batch', async () => {
    const accounts = Array.from({ length: 24 }, accountId);
    const outcomes = await till.ask(
      ...accounts.map((account, i) => till.book(account, i % 6 === 0 ? String(FORBIDDEN_TOTAL) : '7')),
    );
    expect(outcomes).toEqual(accounts.map((_, i) => (i % 6 === 0 ? fault : done('7'))));
    expect(await quarantined()).toHaveLength(4);
  });

  it('does so when the aggregate cannot even be loaded', async () => {
    await around(() => {
      const partition = partitionOf(together(1)[0]!, 4);
      const poison = till.book('no-uuid', '1');
      till.broker.append({ topic: 'till.commands', key: poison.key, value: JSON.stringify(poison), partition });
    });
    expect((await quarantined())[0]!.error).toMatch(/invalid input syntax for type uuid/);
  });

  it('does so for a row that somebody else wrote meanwhile', async () => {
    const [stale, other] = together(2) as [string, string];
    await till.ask(till.book(stale, '1'));
    await till.rows(`update till_account set version = 1000 where id = $1`, stale);
    expect(await till.ask(till.book(stale, '2'), till.book(other, '3'))).toEqual([fault, done('3')]);
    expect((await quarantined())[0]!.error).toContain('stale: ');
  });
});

describe('a record that is no command', () => {
  it.each([
    ['bytes', () => raw('\u0000\u0001')],
    ['nothing', () => raw('')],
    ['half of one', () => raw('{"id":')],
    ['JSON of something else', () => raw('[1,2]')],
    ['an envelope without a principal', () => raw(JSON.stringify({ ...till.book('a', '1'), principal: undefined }))],
    ['an id that is none', () => raw(JSON.stringify({ ...till.book('a', '1'), id: 'x' }))],
    ['a control record that is none', () => raw(clockRecord(1).slice(0, -1))],
    ['a control record of nonsense', () => raw(clockRecord(NaN))],
    ['a key with a NUL', () => raw(JSON.stringify(till.book('a', '1', { idempotencyKey: 'k\0' })))],
    ['a key that is no Unicode', () => raw(JSON.stringify(till.book('a', '1', { idempotencyKey: 'k\ud800' })))],
    [
      'a key that no index can hold',
      () => raw(JSON.stringify(till.book('a', '1', { idempotencyKey: uuidv7().repeat(100) }))),
    ],
    ['a party without a name', () => raw(JSON.stringify(till.book('a', '1', { principal: { ...bidder, party: '' } })))],
  ])('is set aside as it is, and nothing stands still: %s', async (_, poison) => {
    await around(poison);
    expect(await quarantined()).toHaveLength(1);
  });

  it.each([
    ['what nobody declared', { type: 'till.account.rob.v1' }],
    ['a version that nobody knows any more', { type: 'till.account.add.v0' }],
    ['a command of another service', { type: 'stall.order.place.v1' }],
    ['data that its schema refuses', { data: { amountFen: '-1' } }],
    ['no data at all', { data: undefined }],
    [
      'an answer that nobody asked for',
      { type: answerType, data: { of: add.type, askKey: 'a', outcome: { status: 200 } } },
    ],
    ['an answer about nothing', { type: answerType, data: null }],
    ['text that Postgres has no character for', { data: { account: '\0', amountFen: '1' }, key: '\0' }],
  ])('is set aside and answered with our mistake, if it can be: %s', async (_, wrong) => {
    const [account] = together(1) as [string];
    await around(() => raw(JSON.stringify({ ...till.book(account, '1'), ...wrong })));
    expect(await quarantined()).toHaveLength(1);
    expect(await till.booked(account)).toEqual([]);
  });
});

describe('a decision that leads to what is not declared', () => {
  const misled = async (spoil: () => () => void) => {
    const account = accountId();
    const mend = spoil();
    const outcomes = await till.ask(till.book(account, '1')).finally(mend);
    expect(outcomes).toEqual([fault]);
    expect(await till.ask(till.book(account, '2'))).toEqual([done('2')]);
    await till.idle();
    expect(till.events(account)).toHaveLength(1);
    return (await quarantined())[0]!.error;
  };
  const instead = <T extends object, K extends keyof T>(of: T, name: K, value: T[K]) => {
    const before = of[name];
    of[name] = value;
    return () => void (of[name] = before);
  };

  it('is set aside when an event does not fit its schema', async () => {
    const { added } = await import('./fixture/protocol.ts');
    expect(
      await misled(() => instead(added, 'data', added.data.extend({ missing: added.data.shape.account }))),
    ).toContain('missing');
  });
  it('is set aside when a table does not fit its schema', async () => {
    const { totals } = await import('./fixture/protocol.ts');
    expect(
      await misled(() => instead(totals, 'data', totals.data.extend({ missing: totals.data.shape.totalFen }))),
    ).toContain('missing');
  });
  it('is set aside when its answer is not the one that callers were promised', async () => {
    expect(
      await misled(() => instead(add, 'answer', add.answer.extend({ missing: add.answer.shape.totalFen }))),
    ).toContain('missing');
  });
  it('is set aside when it refuses with a code that its catalogue does not have', async () => {
    const account = accountId();
    const { 'limit-passed': _, ...others } = add.rejections;
    const mend = instead(add, 'rejections', others as typeof add.rejections);
    expect(await till.ask(till.book(account, '100001')).finally(mend)).toEqual([fault]);
    expect((await quarantined())[0]!.error).toContain('limit-passed is not in the catalogue of till.account.add.v1');
  });
});

/** Fetches as clients of Kafka do: nothing more of any partition while the follower holds a batch of one. */
class SharedFetch extends MemoryLog {
  override lead(topic: string, group: string, follower: CommandFollower): Promise<void> {
    const held = new Set<Promise<void>>();
    const onBatch = async (batch: Batch) => {
      const work = Promise.resolve(follower.onBatch(batch));
      held.add(work);
      void work.finally(() => held.delete(work));
      while (held.size) await Promise.all(held);
    };
    return super.lead(topic, group, { onAssigned: (...given) => follower.onAssigned(...given), onBatch });
  }
}

describe('a command of a version that is not known yet', () => {
  const next = (account: string) => till.book(account, '1', { type: 'till.account.add.v2' });
  const doneAt = async (account: string) => {
    const [row] = await till.rows<{ n: number }>(
      `select count(*)::int as n from inbox where aggregate = $1 and outcome->>'code' = 'done'`,
      account,
    );
    return row!.n;
  };
  beforeAll(async () => {
    await till.stop();
    await till.open({ log: new SharedFetch(till.broker) });
  });

  it('makes its partition wait, and no other', async () => {
    const [early, late] = together(2) as [string, string];
    const elsewhere = Array.from({ length: 8 }, accountId).filter((a) => partitionOf(a, 4) !== 1);
    till.put(till.book(early, '1'), next(early), till.book(late, '1'));
    expect(await till.ask(...elsewhere.map((a) => till.book(a, '1')))).toEqual(elsewhere.map(() => done('1')));
    await until(async () => (await till.booked(early)).length === 1);
    expect(await till.booked(late)).toEqual([]);
    expect(await quarantined()).toEqual([]);
    expect((await till.opened!.runtime.pulse()).waiting).toBeGreaterThan(0);
  });

  it('takes no room from the others, however much waits behind it, and all of that is decided in the end', async () => {
    const [behind] = together(1) as [string];
    for (let i = 0; i < 8; i++) {
      till.put(...Array.from({ length: 200 }, () => till.book(behind, '0')));
      const [other] = Array.from({ length: 8 }, accountId).filter((a) => partitionOf(a, 4) !== 1);
      expect(await till.ask(till.book(other!, '1'))).toEqual([done('1')]);
    }
    expect(await till.booked(behind)).toEqual([]);
    const { parts } = till.opened!.runtime as unknown as { parts: { handlers: Handlers } };
    const { commands } = parts.handlers;
    commands.set('till.account.add.v2', commands.get(add.type)!);
    await till.idle();
    expect(await doneAt(behind)).toBe(1600);
    expect(await till.booked(behind)).toHaveLength(1600);
    expect(await quarantined()).toEqual([]);
  }, 30_000);
});
