import { toJson } from './json.ts';

/** A data-modifying statement that returns one row per row it wrote; parameters are arrays, numbered from $1. */
export interface Statement {
  text: string;
  values: readonly (readonly unknown[])[];
  /** How many rows it must write for the commit to stand. */
  rows: number;
}

export type ColumnType = 'text' | 'uuid' | 'bigint' | 'int' | 'bool' | 'timestamptz' | 'date' | 'jsonb';
export type Columns<T> = Record<string, readonly [type: ColumnType, value: (row: T) => unknown]>;

const wire = (type: ColumnType) => (type === 'jsonb' ? 'text' : type);

function source<T>(columns: Columns<T>) {
  const names = Object.keys(columns);
  const types = names.map((name) => columns[name]![0]);
  const picked = names.map((name, i) => (types[i] === 'jsonb' ? `u.${name}::jsonb` : `u.${name}`));
  return {
    names,
    text: `select ${picked.join(', ')} from unnest(${types.map((t, i) => `$${i + 1}::${wire(t)}[]`).join(', ')}) u(${names.join(', ')})`,
    values: (rows: readonly T[]) =>
      names.map((name, i) => {
        const [, value] = columns[name]!;
        return rows.map((row) => {
          const v = value(row) ?? null;
          return types[i] === 'jsonb' && v !== null ? toJson(v) : v;
        });
      }),
  };
}

/** Rows that are written once and never again. */
export function inserts<T>(table: string, columns: Columns<T>): (rows: readonly T[]) => Statement {
  const { names, text, values } = source(columns);
  const sql = `insert into ${table} (${names.join(', ')}) ${text} returning 1`;
  return (rows) => ({ text: sql, values: values(rows), rows: rows.length });
}

/** The latest state by key: a row of the same or a newer version is never overwritten, which fails the commit. */
export function upserts<T>(table: string, key: string, columns: Columns<T>): (rows: readonly T[]) => Statement {
  const { names, text, values } = source(columns);
  const set = names.filter((name) => name !== key).map((name) => `${name} = excluded.${name}`);
  const sql =
    `insert into ${table} (${names.join(', ')}) ${text} on conflict (${key}) do update set ${set.join(', ')} ` +
    `where ${table}.version < excluded.version returning 1`;
  return (rows) => ({ text: sql, values: values(rows), rows: rows.length });
}

/** Shifts a statement's parameters so that several stand in one. */
export const shifted = (text: string, by: number): string =>
  text.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + by}`);
