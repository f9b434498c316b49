import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Entry, Journal, Refused } from '@yuzhi/database/journal';
import type { Reader } from '@yuzhi/database/store';
import type { Outcome } from '@yuzhi/protocol/declare';
import pg from 'pg';
import { until } from './fixture/log.specification.ts';
import { accountId, MemoryTill } from './fixture/memory-till.ts';
import { type Opened, outcomeOf, TOPICS } from './fixture/shop.ts';
import { LIMIT } from './fixture/till/till.ts';
import { MemoryBroker, MemoryLog } from './memory-log.ts';
import { partitionOf } from './partitioner.ts';

let till: MemoryTill;
const others: Opened[] = [];
beforeAll(async () => void (till = await MemoryTill.make()));
afterEach(async () => {
  await Promise.all(others.splice(0).map((opened) => opened.stop()));
  await till.stop();
});
afterAll(() => till.close());

const done = (totalFen: string): Outcome => ({ status: 200, code: 'done', body: { totalFen } });
const epochs = async () => {
  const { rows } = await till.database.reader.query<{ epoch: string }>(
    'select owner_epoch::text as epoch from consumer_offset order by partition',
  );
  return rows.map(({ epoch }) => Number(epoch));
};
const numbers = (many: number) => Array.from({ length: many }, (_, i) => String(i + 1));
/** Every event of the account, repetitions left out; their order must be that of the commits. */
const told = (account: string) => {
  const events = till.events(account);
  return [...new Map(events.map((e) => [e.id, e.data.amountFen])).values()];
};

/** Counts commits, and may spoil one. */
class Spoiled extends Journal {
  commits = 0;
  spoil: ((commit: () => Promise<bigint[]>) => Promise<bigint[]>) | undefined;
  override async commit(...args: Parameters<Journal['commit']>): Promise<bigint[]> {
    this.commits += 1;
    const { spoil } = this;
    this.spoil = undefined;
    const commit = () => super.commit(...args);
    return spoil ? spoil(commit) : commit();
  }
}

describe('a commit whose answer is lost', () => {
  it.each([
    ['after it happened', async (commit: () => Promise<bigint[]>) => commit()],
    ['before it happened', async () => []],
  ])('%s, is neither lost nor done twice', async (_, first) => {
    const journal = new Spoiled();
    await till.open({ journal });
    const account = accountId();
    journal.spoil = async (commit) => {
      await first(commit);
      throw Object.assign(new Error('Connection terminated unexpectedly'), { code: undefined });
    };
    const commands = numbers(20).map((amount) => till.book(account, amount));
    const outcomes = await till.ask(...commands);
    expect(outcomes.at(-1)).toEqual(done('210'));
    expect(await till.booked(account)).toEqual(numbers(20));
    await till.idle();
    expect(told(account)).toEqual(numbers(20));
    expect(till.events(account)).toHaveLength(20);
  });

  it('by the end of its connection, is found again by itself', async () => {
    const journal = new Spoiled();
    await till.open({ journal });
    const account = accountId();
    await till.ask(till.book(account, '1'));
    journal.spoil = async (commit) => {
      const admin = new pg.Client({ connectionString: process.env['DATABASE_URL'] });
      await admin.connect();
      await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename like '%writer'`,
        [till.database.name],
      );
      await admin.end();
      return commit();
    };
    expect(await till.ask(till.book(account, '2'), till.book(account, '3'))).toEqual([done('3'), done('6')]);
    expect(await till.booked(account)).toEqual(numbers(3));
  });

  it('for a long while, keeps what came meanwhile in order', async () => {
    const journal = new Spoiled();
    await till.open({ journal });
    const account = accountId();
    const away = async (): Promise<bigint[]> => {
      if (journal.commits < 6) journal.spoil = away;
      throw Object.assign(new Error('the database system is starting up'), { code: '57P03' });
    };
    journal.spoil = away;
    for (const amount of numbers(10)) {
      till.put(till.book(account, amount));
      await new Promise((go) => setTimeout(go, 10));
    }
    expect(await till.ask(till.book(account, '11'))).toEqual([done('66')]);
    expect(await till.booked(account)).toEqual(numbers(11));
    expect(journal.commits).toBeGreaterThan(6);
  });
});

describe('a partition', () => {
  it('that somebody else leased is not written by us, and taken back when nobody wants it', async () => {
    await till.open();
    const account = accountId();
    await till.ask(till.book(account, '1'));
    const before = await epochs();
    const thief = new Journal();
    const { clusterId } = till.broker;
    await thief.lease(till.database.writer, clusterId, 'till.commands', partitionOf(account, 4));
    expect(await till.ask(till.book(account, '2'))).toEqual([done('3')]);
    const raised = (await epochs()).map((epoch, i) => epoch - before[i]!);
    expect(raised.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 2]);
    expect(await till.booked(account)).toEqual(['1', '2']);
  });

  it('moves to another replica and back, and every command is decided once, in order', async () => {
    await till.open();
    const accounts = Array.from({ length: 8 }, accountId);
    let [stopped, waves] = [false, 0];
    const sending = (async () => {
      while (!stopped) {
        waves += 1;
        till.put(...accounts.map((account) => till.book(account, String(waves))));
        await new Promise((go) => setTimeout(go, 5));
      }
    })();
    const second = () => till.open().then((opened) => void others.push(opened));
    const first = till.opened!;
    await new Promise((go) => setTimeout(go, 100));
    await second();
    await new Promise((go) => setTimeout(go, 150));
    await first.stop();
    const before = waves;
    await until(() => waves > Math.max(20, before + 5));
    stopped = true;
    await sending;
    others.pop();
    await till.idle();
    for (const account of accounts) {
      expect(await till.booked(account)).toEqual(numbers(waves));
      expect(told(account)).toEqual(numbers(waves));
    }
  }, 30_000);

  it('is shared out: two replicas each write their own', async () => {
    await till.open();
    const first = till.opened!;
    const second = await till.open();
    others.push(first);
    const before = await epochs();
    const accounts = Array.from({ length: 16 }, accountId);
    const outcomes = await till.ask(...accounts.map((account) => till.book(account, '1')));
    expect(outcomes).toEqual(accounts.map(() => done('1')));
    expect(await epochs()).toEqual(before);
    expect([first, second].map(({ runtime }) => runtime.unready())).toEqual([undefined, undefined]);
  });
});

/** Freezes before its first commit reaches Postgres, as a process does that the system stops there. */
class Frozen extends Journal {
  readonly frozen = Promise.withResolvers<void>();
  readonly thawed = Promise.withResolvers<void>();
  /** How each of its commits ended. */
  readonly ends: string[] = [];

  constructor(private readonly mutant?: 'no-fence') {
    super();
  }
  override async commit(db: Reader, entry: Entry, saves: Parameters<Journal['commit']>[2]): Promise<bigint[]> {
    this.frozen.resolve();
    await this.thawed.promise;
    const steps = this.mutant ? await asOwner(db, entry.steps) : entry.steps;
    const committed = super.commit(db, { ...entry, steps }, saves);
    const name = (e: unknown) => (e as Error).constructor.name;
    this.ends.push(await committed.then(() => 'committed', name));
    return committed;
  }
}
/** Epoch and offset as they stand now: the fence lets everybody through. */
const asOwner = (db: Reader, steps: Entry['steps']) =>
  Promise.all(
    steps.map(async (step) => {
      const { topic, partition } = step.lease;
      const { rows } = await db.query<{ epoch: string; next: string }>(
        'select owner_epoch as epoch, next_offset as next from consumer_offset where topic = $1 and partition = $2',
        [topic, partition],
      );
      const { epoch, next } = rows[0]!;
      return { ...step, lease: { ...step.lease, epoch: BigInt(epoch), next: BigInt(next) } };
    }),
  );

describe('an owner that is frozen in a commit and wakes after another has gone on', () => {
  let shop: MemoryTill;
  beforeEach(async () => void (shop = await MemoryTill.make()));
  afterEach(() => shop.close());

  /** The old owner decides the first of three commands, the new one the first two; then the old one commits. */
  async function wake(journal: Frozen) {
    let account = accountId();
    while (partitionOf(account, 4) % 2 === 0) account = accountId();
    const partition = partitionOf(account, 4);
    const first = shop.book(account, String(LIMIT + 1n), { idempotencyKey: `first of ${account}` });
    const old = await shop.open({ journal });
    shop.put(first);
    await journal.frozen.promise;
    await shop.open();
    await until(async () => (await outcomeOf(shop.database, first)) !== undefined);
    await shop.ask(shop.book(account, '2'));
    const stored = async () => {
      const [row] = await shop.rows<{ next: string }>(
        `select next_offset::text as next from consumer_offset where partition = $1`,
        partition,
      );
      return Number(row!.next);
    };
    const before = await stored();
    journal.thawed.resolve();
    await until(() => journal.ends.length > 0 && journal.ends.at(-1) !== 'Known');
    const after = await stored();
    await old.stop();
    const third = shop.book(account, '3');
    shop.put(third);
    const answered = async () => (await outcomeOf(shop.database, third)) !== undefined;
    const goesOn = await until(answered, 1500).then(
      () => true,
      () => false,
    );
    return { ends: journal.ends, offsets: [before, after], goesOn, booked: await shop.booked(account) };
  }

  it('is refused: nothing of its commit stands, and the other goes on', async () => {
    const woken = await wake(new Frozen());
    expect(woken).toEqual({ ends: ['Fenced'], offsets: [2, 2], goesOn: true, booked: ['2', '3'] });
  });

  it('without the fence takes the offset back: only the inbox keeps what was decided from being so again', async () => {
    const woken = await wake(new Frozen('no-fence'));
    expect(woken).toEqual({ ends: ['Known', 'committed'], offsets: [2, 1], goesOn: true, booked: ['2', '3'] });
  });
});

describe('a log that is not the one we knew', () => {
  let strange: MemoryTill;
  beforeAll(async () => void (strange = await MemoryTill.make()));
  afterAll(() => strange.close());

  it('is refused at the start when it is another cluster, and the rightful owner is not disturbed', async () => {
    await strange.open();
    const owner = strange.opened!;
    const elsewhere = new MemoryBroker();
    for (const topic of TOPICS) elsewhere.create(topic);
    await expect(strange.open({ log: new MemoryLog(elsewhere) })).rejects.toThrow(Refused);
    const account = accountId();
    expect(await strange.ask(strange.book(account, '1'))).toEqual([done('1')]);
    expect(owner.runtime.unready()).toBeUndefined();
    await owner.stop();
    strange.opened = undefined;
  });

  it('is refused when it begins behind what we go on with', async () => {
    const account = accountId();
    const partition = partitionOf(account, 4);
    await strange.open();
    await strange.ask(strange.book(account, '1'));
    await strange.stop();
    strange.put(strange.book(account, '2'), strange.book(account, '3'));
    const { length } = strange.broker.partitions('till.commands')[partition]!.records;
    strange.broker.trim('till.commands', partition, length);
    await expect(strange.open()).rejects.toThrow(
      `we go on at offset ${length - 2}, and the log holds ${length} to ${length}`,
    );
    strange.broker.trim('till.commands', partition, 0);
  });

  it('is refused when it ends before what we go on with, as a topic that was made anew', async () => {
    strange.broker.drop('till.commands');
    strange.broker.create(TOPICS[0]!);
    await expect(strange.open()).rejects.toThrow(/we go on at offset \d+, and the log holds 0 to 0/);
  });

  it('is refused while we run, and from then on nothing is decided', async () => {
    const other = await MemoryTill.make();
    const account = accountId();
    const partition = partitionOf(account, 4);
    await other.open();
    await other.ask(other.book(account, '1'));
    const { records } = other.broker.partitions('till.commands')[partition]!;
    records.push(...Array.from({ length: 3 }, (_, i) => ({ ...records[0]!, offset: BigInt(1 + i), value: 'gone' })));
    other.broker.trim('till.commands', partition, 4);
    other.put(other.book(account, '2'));
    await until(() => other.opened!.runtime.unready() !== undefined);
    expect(other.opened!.runtime.unready()).toContain('we go on at offset 1, and the log holds 4 to 5');
    await new Promise((go) => setTimeout(go, 100));
    expect(await other.booked(account)).toEqual(['1']);
    await other.close();
  });

  it('is refused by a database that was restored from a backup of another time, but only forward', async () => {
    const restored = await MemoryTill.make();
    const account = accountId();
    await restored.open();
    await restored.ask(restored.book(account, '1'), restored.book(account, '2'));
    await restored.stop();
    // As if the last commit had never reached the disk that survived.
    await restored.rows('truncate till_account, till_line, inbox, outbox');
    await restored.rows('update consumer_offset set next_offset = 0');
    await restored.open();
    await restored.idle();
    expect(await restored.booked(account)).toEqual(['1', '2']);
    await restored.close();
  });
});
