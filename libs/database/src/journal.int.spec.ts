import type { TestDatabase } from '@yuzhi/testkit/databases';
import pg from 'pg';
import { CLUSTER, entry, filing, outgoing, step, tallyDatabase, TOPIC } from './fixture/entries.ts';
import { Fenced, Journal, Known, type Lease, openPool, Refused } from './journal.ts';
import { inserts, type Statement, upserts } from './statement.ts';

const ID = '00000000-0000-7000-8000-000000000001';
const saved = (version: number, totalFen = 1n): Statement =>
  upserts<{ version: number; totalFen: bigint }>('tally', 'id', {
    id: ['uuid', () => ID],
    total_fen: ['bigint', (t) => t.totalFen],
    version: ['int', (t) => t.version],
    state: ['jsonb', (t) => t],
  })([{ version, totalFen }]);
const line = inserts<number>('tally_line', {
  tally_id: ['uuid', () => ID],
  seq: ['int', (seq) => seq],
  amount_fen: ['bigint', () => 1n],
});

let database: TestDatabase;
let journal: Journal;
const commit = (...args: [Parameters<Journal['commit']>[1], Parameters<Journal['commit']>[2]?]) =>
  journal.commit(database.writer, args[0], args[1] ?? []);
const take = (partition = 0) => journal.lease(database.writer, CLUSTER, TOPIC, partition);
const count = async (table: string) =>
  (await database.owner.query<{ n: number }>(`select count(*)::int as n from ${table}`)).rows[0]!.n;
const counts = async () => Promise.all(['inbox', 'outbox', 'quarantine', 'tally', 'tally_line'].map(count));

beforeAll(async () => void (database = await tallyDatabase()));
beforeEach(async () => {
  journal = new Journal();
  await database.owner.query('truncate consumer_offset, inbox, outbox, quarantine, tally, tally_line restart identity');
});
afterAll(() => database.close());

describe('the lease of a partition', () => {
  it('begins at the beginning, and goes on where the last commit ended', async () => {
    const first = await take();
    expect(first).toEqual({ topic: TOPIC, partition: 0, epoch: 1n, next: 0n, lastNow: 0, clockOffsetMs: 0 });
    await commit(entry([{ ...step(first, 7n, 5_000), clockOffsetMs: 60_000 }]));
    expect(await take()).toEqual({ ...first, epoch: 2n, next: 7n, lastNow: 5_000, clockOffsetMs: 60_000 });
  });

  it('is refused to the process that reads from another cluster, without fencing the rightful owner', async () => {
    const lease = await take();
    await expect(journal.lease(database.writer, 'cluster-2', TOPIC, 0)).rejects.toThrow(Refused);
    await expect(commit(entry([step(lease, 1n)]))).resolves.toEqual([]);
  });

  it('taken by many at once has one owner in the end', async () => {
    const leases = await Promise.all(Array.from({ length: 8 }, () => take()));
    expect(new Set(leases.map(({ epoch }) => epoch)).size).toBe(8);
    const outcomes = await Promise.allSettled(leases.map((lease) => commit(entry([step(lease, 1n)]))));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(leases[outcomes.findIndex(({ status }) => status === 'fulfilled')]!.epoch).toBe(8n);
  });
});

describe('the fence', () => {
  it('refuses whoever held the partition before, and nothing of his commit stands', async () => {
    const zombie = await take();
    await take();
    const all = entry([step(zombie, 1n)], { filed: [filing('k')], outgoing: [outgoing('e')] });
    await expect(commit(all, [{ store: 'tally', statements: [saved(1), line([1])] }])).rejects.toThrow(Fenced);
    expect(await counts()).toEqual([0, 0, 0, 0, 0]);
  });

  it('refuses a commit that expects another offset than the stored one', async () => {
    const lease = await take();
    await commit(entry([step(lease, 3n)]));
    for (const next of [2n, 4n]) {
      await expect(commit(entry([step({ ...lease, next }, 5n)]))).rejects.toThrow(Fenced);
    }
    expect((await take()).next).toBe(3n);
  });

  it('refuses the whole batch when one of its partitions is not ours any more', async () => {
    const [ours, lost] = [await take(0), await take(1)];
    await take(1);
    await expect(commit(entry([step(ours, 1n), step(lost, 1n)]))).rejects.toThrow('fenced: 1 of 2 partitions');
    await expect(commit(entry([step(ours, 1n)]))).resolves.toEqual([]);
  });

  it('waits for the running commit of the owner before it, and then knows where that ended', async () => {
    const lease = await take();
    const busy = await database.writer.connect();
    await busy.query('begin');
    await journal.commit(busy, entry([step(lease, 9n)]), []);
    const next = take();
    await expect(Promise.race([next, new Promise((go) => setTimeout(go, 100, 'waits'))])).resolves.toBe('waits');
    await busy.query('commit');
    busy.release();
    expect(await next).toMatchObject({ epoch: 2n, next: 9n });
  });
});

describe('the inbox', () => {
  it('answers what was filed under the same party, aggregate and key, and only that', async () => {
    const lease = await take();
    const other = { party: '91410100MA44Y0001X' };
    const filed = [filing('k'), filing('k', other), filing('k', { aggregate: 'a-2' }), filing('l')];
    await commit(entry([step(lease, 1n)], { filed }));
    const known = await journal.known(database.reader, [
      filing('k').id,
      filing('k', other).id,
      filing('never').id,
      filing('l', other).id,
    ]);
    const { now, said, ...rest } = filing('k');
    const first = { ...rest, outcome: JSON.parse(said) as unknown };
    expect(known).toHaveLength(2);
    expect(known).toContainEqual(first);
    expect(known).toContainEqual({ ...first, ...other, id: filing('k', other).id });
    expect(await journal.known(database.reader, [])).toEqual([]);
    const { rows } = await database.reader.query<{ at: Date }>('select distinct decided_at as at from inbox');
    expect(rows.map(({ at }) => at.getTime())).toEqual([now]);
  });

  it('fails the commit of a command that memory took for new', async () => {
    const lease = await take();
    await commit(entry([step(lease, 1n)], { filed: [filing('k')] }));
    const again = entry([step({ ...lease, next: 1n }, 2n)], { filed: [filing('k')], doubtful: [filing('k').id] });
    await expect(commit(again, [{ store: 'tally', statements: [saved(1)] }])).rejects.toThrow(Known);
    expect(await counts()).toEqual([1, 0, 0, 0, 0]);
  });

  it('finds a key of an earlier day', async () => {
    const lease = await take();
    await commit(entry([step(lease, 1n)], { filed: [filing('k')], filedOn: '2026-11-20' }));
    const again = entry([step({ ...lease, next: 1n }, 2n)], { doubtful: [filing('k').id] });
    await expect(commit(again)).rejects.toThrow(Known);
  });

  it('keeps an outcome as it was said, whatever its body', async () => {
    const lease = await take();
    const outcome = {
      status: 422,
      code: 'bid-below-next-valid',
      body: { nextFen: '9007199254740993', 名: ['“引号”', '\\', null] },
    };
    await commit(entry([step(lease, 1n)], { filed: [filing('键"\'\\,{}', { said: JSON.stringify(outcome) })] }));
    expect((await journal.known(database.reader, [filing('键"\'\\,{}').id]))[0]!.outcome).toEqual(outcome);
  });
});

describe('the rows of aggregates', () => {
  it('stand in the commit of their outcomes', async () => {
    const lease = await take();
    await commit(entry([step(lease, 1n)], { filed: [filing('k')] }), [
      { store: 'tally', statements: [saved(1), line([1, 2])] },
    ]);
    expect(await counts()).toEqual([1, 0, 0, 1, 2]);
  });

  it('fail it when one was written by another owner meanwhile', async () => {
    const lease = await take();
    await commit(entry([step(lease, 1n)]), [{ store: 'tally', statements: [saved(2)] }]);
    const stale = entry([step({ ...lease, next: 1n }, 2n)], { filed: [filing('k')] });
    const saves = [{ store: 'tally', statements: [saved(2), line([1])] }];
    await expect(commit(stale, saves)).rejects.toMatchObject({ code: 'YZ003', message: 'stale: 1 of 2 rows' });
    expect(await counts()).toEqual([0, 0, 0, 1, 0]);
  });

  it('that a store has none of are left out, each statement told apart by its place', async () => {
    const lease = await take();
    const saves = (...statements: Statement[]) => [{ store: 'tally', statements }];
    await commit(entry([step(lease, 1n)]), saves(saved(1), line([])));
    await commit(entry([step({ ...lease, next: 1n }, 2n)]), saves(line([1]), saved(2)));
    await commit(entry([step({ ...lease, next: 2n }, 3n)]), saves({ ...saved(3), rows: 0 }, line([2])));
    expect(await counts()).toEqual([0, 0, 0, 1, 2]);
    expect((await database.reader.query('select version from tally')).rows).toEqual([{ version: 2 }]);
  });

  it('that the table refuses fail it with the error of Postgres as it is', async () => {
    const lease = await take();
    const saves = [{ store: 'tally', statements: [saved(1, 1_000_000n)] }];
    await expect(commit(entry([step(lease, 1n)]), saves)).rejects.toMatchObject({ code: '23514' });
    expect(await take()).toMatchObject({ next: 0n });
  });
});

describe('the outbox', () => {
  it('is numbered in the order of the entry, and read back by the next owner in that order', async () => {
    const lease = await take();
    const values = Array.from({ length: 300 }, (_, i) => `e-${i}`);
    const seqs = await commit(entry([step(lease, 1n)], { outgoing: values.map((value) => outgoing(value)) }));
    expect(seqs).toEqual(seqs.toSorted((a, b) => Number(a - b)));
    const more = await commit(
      entry([step({ ...lease, next: 1n }, 2n)], { outgoing: [outgoing(null), outgoing('other', { partition: 1 })] }),
    );
    const left = await journal.unpublished(database.writer, 0);
    expect(left.map(({ seq, value }) => [seq, value])).toEqual([
      ...values.map((v, i) => [seqs[i], v]),
      [more[0], null],
    ]);
  });

  it('forgets with a commit what is on the log, and nothing when that commit fails', async () => {
    const lease = await take();
    const seqs = await commit(entry([step(lease, 1n)], { outgoing: ['a', 'b', 'c'].map((v) => outgoing(v)) }));
    await expect(commit(entry([step(lease, 2n)], { published: seqs }))).rejects.toThrow(Fenced);
    expect(await count('outbox')).toBe(3);
    await commit(entry([step({ ...lease, next: 1n }, 2n)], { published: seqs.slice(0, 2) }));
    expect((await journal.unpublished(database.writer, 0)).map(({ value }) => value)).toEqual(['c']);
    await journal.forget(database.writer, seqs);
    await journal.forget(database.writer, []);
    expect(await count('outbox')).toBe(0);
  });
});

describe('the quarantine', () => {
  const poison = { topic: TOPIC, partition: 0, offset: 4n, key: 'a-1', value: '{', error: 'SyntaxError' };

  it('receives poison in the same commit, once', async () => {
    const lease = await take();
    await commit(entry([step(lease, 5n)], { quarantined: [poison], filed: [filing('k')] }));
    await commit(entry([step({ ...lease, next: 5n }, 6n)], { quarantined: [{ ...poison, error: 'again' }] }));
    const { rows } = await database.reader.query('select kind, key, value, error, message_offset::int from quarantine');
    expect(rows).toEqual([{ kind: 'command', key: 'a-1', value: '{', error: 'SyntaxError', message_offset: 4 }]);
  });

  it('receives even what Postgres cannot store as text', async () => {
    const lease = await take();
    const bytes = { ...poison, key: 'a\0', value: '\0\ud800', error: 'at \0' };
    await commit(entry([step(lease, 5n)], { quarantined: [bytes] }));
    const { rows } = await database.reader.query('select key, value, error from quarantine');
    expect(rows).toEqual([{ key: 'a\\0', value: '\\0\ufffd', error: 'at \\0' }]);
  });
});

it('two journals share one pool', async () => {
  const [a, b] = [new Journal(), new Journal()];
  const [first, second]: [Lease, Lease] = [await take(0), await take(1)];
  await a.commit(database.writer, entry([step(first, 1n)]), [{ store: 'tally', statements: [saved(1)] }]);
  await b.commit(database.writer, entry([step(second, 1n)]), []);
  await b.commit(database.writer, entry([step({ ...second, next: 1n }, 2n)]), [
    { store: 'tally', statements: [line([1])] },
  ]);
  await a.commit(database.writer, entry([step({ ...first, next: 1n }, 2n)]), []);
  expect(await counts()).toEqual([0, 0, 0, 1, 1]);
});

it('a pool survives that the server ends a connection which nobody is using', async () => {
  const pool = openPool(() => new pg.Pool({ connectionString: database.urls.writer }));
  const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
  const ended = new Promise((go) => pool.once('error', go));
  const admin = new pg.Client({ connectionString: process.env['DATABASE_URL'] });
  await admin.connect();
  await admin.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
  await admin.end();
  await expect(ended).resolves.toMatchObject({ code: '57P01' });
  const borrowed = await pool.connect();
  await borrowed.query('begin');
  await expect(borrowed.query('select pg_terminate_backend(pg_backend_pid())')).rejects.toMatchObject({
    code: '57P01',
  });
  borrowed.release(true);
  await expect(pool.query('select 1')).resolves.toMatchObject({ rowCount: 1 });
  await pool.end();
});
