import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase } from '@yuzhi/testkit/databases';
import * as fc from 'fast-check';
import { arrayText } from './array-text.ts';

let database: TestDatabase;
beforeAll(async () => void (database = await testDatabase('array_text')));
afterAll(() => database.close());

const read = async (type: string, values: readonly unknown[]): Promise<unknown[]> => {
  const { rows } = await database.owner.query<{ v: unknown }>(
    `select v from unnest($1::${type}[]) with ordinality u(v, n) order by n`,
    [arrayText(values)],
  );
  return rows.map(({ v }) => v);
};

it.each([
  ['text', ['', 'null', 'NULL', 'Null', null, 'a,b', '{}', '"', '\\', '\\"', ' x ', 'ne\nw', '豫知', "it's", '$1']],
  ['int', [0, -1, 2_147_483_647, null]],
  ['float8', [1_795_595_335_705.25, null]],
  ['bool', [true, false, null]],
  ['uuid', ['018f3c1e-0000-7000-8000-000000000000', null]],
  ['timestamptz', [new Date('2026-11-24T01:02:03.004Z'), null]],
  ['text', []],
])('%s: what Postgres reads is what was written', async (type, values) => {
  expect(await read(type, values)).toEqual(values);
});

it('amounts beyond what a number can hold stay exact', async () => {
  const values = [9_007_199_254_740_993n, -1n, null];
  expect(await read('bigint', values)).toEqual(values.map((v) => (v === null ? null : String(v))));
});

it('any text at all', async () => {
  const texts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('null', '{', '"\\', ',', ' ')));
  // Postgres has no NUL.
  const storable = texts.map((all) => all.map((s) => s.replaceAll('\0', '')));
  await fc.assert(
    fc.asyncProperty(storable, async (values) => expect(await read('text', values)).toEqual(values)),
    { numRuns: 200 },
  );
});
