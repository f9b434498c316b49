import { join } from 'node:path';
import { type TestDatabase, testDatabase } from '@yuzhi/testkit/databases';
import { inserts, type Statement, updates } from './statement.ts';
import { DocumentStore, type Reader, type Versioned } from './store.ts';

interface Tally extends Versioned {
  id: string;
  totalFen: bigint;
  lines: { amountFen: bigint }[];
}
class TallyStore extends DocumentStore<Tally> {
  constructor(reader: Reader) {
    super(reader, 'tally', 'id', { id: ['uuid', (t) => t.id], total_fen: ['bigint', (t) => t.totalFen] });
  }
}
const ids = [1, 2, 3].map((n) => `00000000-0000-7000-8000-00000000000${n}`) as [string, string, string];
const tally = (id: string, version: number, totalFen = 5n, deadlineAt: number | null = null): Tally => ({
  id,
  version,
  totalFen,
  deadlineAt,
  lines: [{ amountFen: totalFen }],
});

describe('a store of documents', () => {
  let database: TestDatabase;
  let store: TallyStore;

  beforeAll(async () => {
    database = await testDatabase('tally', { migrations: join(import.meta.dirname, 'fixture/migrations') });
    store = new TallyStore(database.reader);
  });
  beforeEach(() => database.owner.query('truncate tally'));
  afterAll(() => database.close());

  const run = async ([statement]: Statement[]) =>
    (await database.writer.query(statement!.text, [...statement!.values])).rowCount;

  it('loads what it saved, amounts and all', async () => {
    const saved = [tally(ids[0], 1, 907_199n), tally(ids[1], 1, -3n, 1_700_000_000_123)];
    expect(await run(store.save(saved))).toBe(2);
    expect(await store.load([...ids])).toEqual(new Map(saved.map((t) => [t.id, t])));
    expect(await store.load([])).toEqual(new Map());
  });

  it('writes no row over one of the same or a newer version', async () => {
    await run(store.save([tally(ids[0], 2), tally(ids[1], 1)]));
    const next = [tally(ids[0], 2, 7n), tally(ids[1], 2, 7n), tally(ids[2], 1, 7n)];
    expect(await run(store.save(next))).toBe(2);
    const loaded = await store.load([...ids]);
    expect(ids.map((id) => loaded.get(id)!.totalFen)).toEqual([5n, 7n, 7n]);
  });

  it('keeps the deadline where a sweeper reads it, to the millisecond, and clears it again', async () => {
    await run(store.save([tally(ids[0], 1, 5n, 1_700_000_000_123)]));
    const at = async () =>
      (await database.reader.query<{ at: Date | null }>('select deadline_at as at from tally')).rows[0]!.at;
    expect((await at())!.getTime()).toBe(1_700_000_000_123);
    await run(store.save([tally(ids[0], 2)]));
    expect(await at()).toBeNull();
    expect(store.deadlines).toEqual({ table: 'tally', key: 'id' });
  });

  it('refuses what the table refuses, by an error of Postgres', async () => {
    await expect(run(store.save([tally(ids[0], 1, 1_000_000n)]))).rejects.toMatchObject({ code: '23514' });
    await expect(run(store.save([tally('no uuid', 1)]))).rejects.toMatchObject({ code: '22P02' });
    await expect(store.load(['no uuid'])).rejects.toMatchObject({ code: '22P02' });
  });

  it('carries text through arrays that would end a quotation', async () => {
    const notes = ['plain', 'a "quoted" \\ one', '{brace,comma}', "it's", '换行\n', 'NULL', ''];
    const insert = inserts<{ seq: number; note: string }>('tally_line', {
      tally_id: ['uuid', () => ids[0]],
      seq: ['int', (l) => l.seq],
      amount_fen: ['bigint', () => 1n],
      note: ['text', (l) => l.note],
    });
    expect(await run([insert(notes.map((note, seq) => ({ seq, note })))])).toBe(notes.length);
    const { rows } = await database.reader.query<{ note: string }>('select note from tally_line order by seq');
    expect(rows.map(({ note }) => note)).toEqual(notes);
  });

  it('writes an instant to the millisecond, and only rows that are there', async () => {
    await run(store.save([tally(ids[0], 1)]));
    const update = updates<{ id: string; version: number }>('tally', 'id', {
      id: ['uuid', (t) => t.id],
      version: ['int', (t) => t.version],
      deadline_at: ['instant', () => 1_700_000_000_123],
    });
    const of = (version: number) => [ids[0], ids[1]].map((id) => ({ id, version }));
    expect([await run([update(of(2))]), await run([update(of(2))]), await run([update(of(3))])]).toEqual([1, 0, 1]);
    const { rows } = await database.reader.query<{ at: Date; version: number }>(
      'select deadline_at as at, version from tally',
    );
    expect(rows.map(({ at, version }) => [at.getTime(), version])).toEqual([[1_700_000_000_123, 3]]);
  });
});
