import { type Columns, inserts, shifted, updates, upserts } from './statement.ts';

interface Line {
  id: string;
  amountFen: bigint;
  note?: string;
  extra: unknown;
}
const columns: Columns<Line> = {
  id: ['uuid', (line) => line.id],
  amount_fen: ['bigint', (line) => line.amountFen],
  note: ['text', (line) => line.note],
  extra: ['jsonb', (line) => line.extra],
};
const lines: Line[] = [
  { id: 'a', amountFen: 1n, note: 'n', extra: { feeFen: 2n } },
  { id: 'b', amountFen: -2n, extra: null },
];

describe('a statement for many rows', () => {
  it('has one array a column, whatever the number of rows', () => {
    const insert = inserts('line', columns);
    expect(insert(lines).values).toEqual([
      ['a', 'b'],
      [1n, -2n],
      ['n', null],
      ['{"feeFen":"2"}', null],
    ]);
    expect(insert(lines).text).toBe(insert([lines[0]!]).text);
    expect(insert(lines).text).toBe(
      'insert into line (id, amount_fen, note, extra) select u.id, u.amount_fen, u.note, u.extra::jsonb ' +
        'from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[]) u(id, amount_fen, note, extra) returning 1',
    );
  });

  it('says how many rows it must write for the commit to stand', () => {
    expect(inserts('line', columns)(lines).rows).toBe(2);
    expect(upserts('line', 'id', columns)([]).rows).toBe(0);
  });

  it('overwrites only an older version of the same key, and never the key', () => {
    expect(upserts('line', 'id', columns)(lines).text).toContain(
      'on conflict (id) do update set amount_fen = excluded.amount_fen, note = excluded.note, extra = excluded.extra ' +
        'where line.version < excluded.version returning 1',
    );
  });

  it('of a compound key overwrites neither part of it', () => {
    const { text } = upserts('line', 'id, note', columns)(lines);
    expect(text).toContain(
      'on conflict (id, note) do update set amount_fen = excluded.amount_fen, extra = excluded.extra',
    );
  });

  it('for rows that exist sends only what changes', () => {
    const changed: Columns<Line> = {
      id: columns['id']!,
      amount_fen: columns['amount_fen']!,
      version: ['int', () => 2],
    };
    const from = 'from unnest($1::uuid[], $2::bigint[], $3::int[]) u(id, amount_fen, version) where line.id = u.id';
    const set = 'update line set amount_fen = u.amount_fen, version = u.version';
    expect(updates('line', 'id', changed)(lines)).toEqual({
      text: `${set} ${from} and line.version < u.version returning 1`,
      values: [
        ['a', 'b'],
        [1n, -2n],
        [2, 2],
      ],
      rows: 2,
    });
    expect(updates('line', 'id', changed, '<=')(lines).text).toContain('line.version <= u.version');
  });

  it('takes an instant in epoch milliseconds and JSON that is text already', () => {
    const { text, values } = inserts<Line>('line', {
      at: ['instant', () => 1_700_000_000_123],
      raw: ['json', () => '{"a":1}'],
    })(lines);
    expect(text).toContain(
      'select to_timestamp(u.at / 1000), u.raw::json from unnest($1::float8[], $2::text[]) u(at, raw)',
    );
    expect(values).toEqual([
      [1_700_000_000_123, 1_700_000_000_123],
      ['{"a":1}', '{"a":1}'],
    ]);
  });

  it('stands behind others when its parameters are shifted', () => {
    expect(shifted('select $1, $2, $10 from t where a = $1', 30)).toBe('select $31, $32, $40 from t where a = $31');
    expect(shifted('select 1', 5)).toBe('select 1');
  });
});
