import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestDatabase } from '@yuzhi/testkit/databases';
import { tallyDatabase } from './fixture/entries.ts';
import { sealNext, verifySeals } from './seals.ts';

const TALLY = '00000000-0000-7000-8000-000000000001';
let database: TestDatabase;
const owner = (sql: string, ...values: unknown[]) => database.owner.query(sql, values);
const write = (seq: number) =>
  owner(
    'insert into tally_line (tally_id, seq, amount_fen, note) values ($1, $2, $3, $4)',
    TALLY,
    seq,
    seq * 100,
    '元',
  );
const sealAll = async () => {
  let sealed = 0;
  for (let some = -1; some; sealed += some) some = await sealNext(database.reader, database.side, 'line');
  return sealed;
};
const breaches = async () =>
  (await verifySeals(database.reader, 'line')).map(({ kind, seq, subject }) => `${kind} ${seq} ${subject}`);

beforeAll(async () => {
  database = await tallyDatabase();
  await owner(`create view sealed_line as
    select seq::bigint as seq, 'line ' || seq as subject, jsonb_build_array(seq, amount_fen, note)::text as canonical
    from tally_line`);
});
beforeEach(async () => {
  await owner('truncate tally_line, seal');
  for (const seq of [1, 2, 3, 4, 5]) await write(seq);
  await sealAll();
});
afterAll(() => database.close());

describe('a chain of seals', () => {
  it('holds over what was written, and goes on with what is written next', async () => {
    expect(await breaches()).toEqual([]);
    await write(6);
    expect(await breaches()).toEqual([]);
    expect(await sealAll()).toBe(1);
    expect(await sealAll()).toBe(0);
    expect(await breaches()).toEqual([]);
  });

  it('is the same whoever seals, also several at once', async () => {
    const hashes = async () => (await owner('select seq, hash from seal order by seq')).rows;
    const before = await hashes();
    await owner('truncate seal');
    await Promise.all([sealAll(), sealAll(), sealAll()]);
    expect(await hashes()).toEqual(before);
  });

  it('names the one row that was changed', async () => {
    await owner('update tally_line set amount_fen = amount_fen + 1 where seq = 3');
    expect(await breaches()).toEqual(['changed 3 line 3']);
  });

  it('names a row that was deleted, one that was slipped in, and two that changed places', async () => {
    await owner('delete from tally_line where seq = 2');
    await write(0);
    expect(await breaches()).toEqual(['unsealed 0 line 0', 'gone 2 no. 2']);
    await owner('delete from tally_line where seq = 0');
    await write(2);
    await owner('update tally_line set amount_fen = 900 - amount_fen where seq in (4, 5)');
    expect(await breaches()).toEqual(['changed 4 line 4', 'changed 5 line 5']);
  });

  it('names a row whose seal was made again for what it says now, by the one behind it', async () => {
    await owner('update tally_line set amount_fen = 7 where seq = 3');
    await owner(`update seal s
      set hash = sha256((select hash from seal where seq = 2) || convert_to(v.canonical, 'UTF8'))
      from sealed_line v where v.seq = 3 and s.seq = 3`);
    expect(await breaches()).toEqual(['changed 4 line 4']);
  });

  it('can be written by the side role alone, and by nobody a second time', async () => {
    const change = `update seal set hash = ''`;
    for (const role of [database.writer, database.reader, database.side]) {
      await expect(role.query(change)).rejects.toThrow(/permission denied/);
    }
    await expect(database.writer.query(`insert into seal values ('line', 9, '')`)).rejects.toThrow(/permission denied/);
  });

  it('has a name that is nothing but a name', async () => {
    await expect(verifySeals(database.reader, 'line; drop table seal')).rejects.toThrow(/cannot name a chain/);
  });
});
