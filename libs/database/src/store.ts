import type { Envelope } from '@yuzhi/protocol/declare';
import type pg from 'pg';
import { fromJson } from './json.ts';
import { type Columns, type Statement, upserts } from './statement.ts';

/** Reads rows; what the batch committer may use before it decides. */
export type Reader = Pick<pg.Pool, 'query'>;

/**
 * Where one kind of aggregate is kept. `load` reads what a batch touches; between it and `save` the decision is
 * synchronous and pure. Whatever another owner wrote meanwhile is refused by the commit's fence.
 */
export interface Store<S, Row = never> {
  readonly name: string;
  /** `wanted` are the commands of the batch: a resident store whose aggregate is large reads only what they name. */
  load(ids: string[], wanted?: readonly Envelope[]): Promise<Map<string, S>>;
  /** The statements that write these states, and the rows that decisions appended. Each is told apart by its place. */
  save(states: S[], rows: Row[]): Statement[];
  /** The commit of these states stands: a resident store may keep them. */
  committed?(states: Map<string, S>): void;
  /** The commit did not stand or its answer is unknown: a resident store forgets what it holds. */
  forget?(): void;
  /** What happens by itself up to `now`: applied before every decision. */
  advance?(state: S, now: number): { state: S; effects?: unknown } | undefined;
  /** Where due deadlines are read. */
  readonly deadlines?: { table: string; key: string };
}

export interface Versioned {
  version: number;
  /** Epoch ms of the next thing that happens by itself. */
  deadlineAt?: number | null;
}

/** An aggregate kept as one document beside the columns that queries and sweepers need. */
export abstract class DocumentStore<S extends Versioned> implements Store<S> {
  readonly #upsert: (states: readonly S[]) => Statement;
  readonly #select: string;
  readonly deadlines: { table: string; key: string };

  constructor(
    private readonly reader: Reader,
    readonly name: string,
    key: string,
    columns: Columns<S>,
  ) {
    this.#upsert = upserts<S>(name, key, {
      ...columns,
      version: ['int', (s) => s.version],
      deadline_at: ['timestamptz', (s) => (s.deadlineAt == null ? null : new Date(s.deadlineAt))],
      state: ['jsonb', (s) => s],
    });
    this.#select = `select ${key}::text as id, state from ${name} where ${key} = any($1)`;
    this.deadlines = { table: name, key };
  }

  async load(ids: string[]): Promise<Map<string, S>> {
    const { rows } = await this.reader.query<{ id: string; state: unknown }>(this.#select, [ids]);
    return new Map(rows.map(({ id, state }) => [id, fromJson<S>(state)]));
  }

  save(states: S[]): Statement[] {
    return [this.#upsert(states)];
  }
}
