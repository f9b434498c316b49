import type {
  Command,
  DataOf,
  Envelope,
  Event,
  InputOf,
  Outcome,
  RejectionOf,
  Stream,
  Table,
} from '@yuzhi/protocol/declare';
import type { z } from 'zod';

export interface Told {
  event: Event;
  data: unknown;
  saleId?: string;
}
export interface Asking {
  command: Command;
  key: string;
  data: unknown;
}
export interface Shown {
  stream: Stream;
  key: string;
  seq: number;
  item: unknown;
}

export interface Kept {
  table: Table;
  key: string;
  data: unknown;
}

/** Most decisions have no effect of most kinds, and then cost no list. */
const NONE: readonly never[] = Object.freeze([]);
function together<T>(list: readonly T[], more: readonly T[]): readonly T[] {
  if (!more.length) return list;
  if (list === NONE) return [...more];
  (list as T[]).push(...more);
  return list;
}

/** What a decision leads to besides the new state: all of it is in the same commit, or only after it. */
export class Effects {
  events: readonly Told[] = NONE;
  asks: readonly Asking[] = NONE;
  shows: readonly Shown[] = NONE;
  kept: readonly Kept[] = NONE;
  rows: readonly unknown[] = NONE;

  /** A fact for whoever listens. */
  tell<E extends Event>(event: E, data: InputOf<E>, saleId?: string): this {
    this.events = together(this.events, [{ event, data, ...(saleId && { saleId }) }]);
    return this;
  }
  /** A command to another service; its outcome comes back to the handler marked `@Answers(command)`. */
  ask<C extends Command>(command: C, key: string, data: InputOf<C>): this {
    this.asks = together(this.asks, [{ command, key, data }]);
    return this;
  }
  /** The latest word on `key` for everyone who holds the table; `null` deletes it. */
  keep<T extends Table>(table: T, key: string, data: InputOf<T> | null): this {
    this.kept = together(this.kept, [{ table, key, data }]);
    return this;
  }
  /** Live to whoever watches, after the commit. `seq` rises by one per channel. */
  show<S extends Stream>(stream: S, key: string, seq: number, item: z.input<S['item']>): this {
    this.shows = together(this.shows, [{ stream, key, seq, item }]);
    return this;
  }
  /** Rows that the store appends in the same commit. */
  append(...rows: unknown[]): this {
    this.rows = together(this.rows, rows);
    return this;
  }
  also(other: Effects): this {
    this.events = together(this.events, other.events);
    this.asks = together(this.asks, other.asks);
    this.shows = together(this.shows, other.shows);
    this.kept = together(this.kept, other.kept);
    this.rows = together(this.rows, other.rows);
    return this;
  }
}

export class Accepted<S> extends Effects {
  constructor(
    readonly state: S,
    readonly body: unknown = null,
  ) {
    super();
  }
}
/** A refusal is an outcome: it may tell events, and `body` says more than the catalogue: the next valid price, say. */
export class RefusedWith<R extends string> extends Effects {
  state: unknown;

  constructor(
    readonly code: R,
    readonly body: Record<string, unknown> = {},
  ) {
    super();
  }
  /** Where a refusal itself is kept: the aggregate that has numbered it. */
  leaving(state: unknown): this {
    this.state = state;
    return this;
  }
}
export type Decision<S, R extends string = string> = Accepted<S> | RefusedWith<R>;

export const accept = <S>(state: S, body?: unknown): Accepted<S> => new Accepted(state, body);
export const refuse = <R extends string>(code: R, body?: Record<string, unknown>): RefusedWith<R> =>
  new RefusedWith(code, body);

/** A command as `decide` sees it: parsed, with who sent it. */
export type Sent<C extends Command> = Omit<Envelope, 'data'> & { data: DataOf<C> };

export interface Answered {
  of: string;
  askKey: string;
  /** The data of the asked command: what tells apart the answers of several at once. */
  asked: unknown;
  outcome: Outcome;
}
type Transition<S, A, C extends Command> = (state: S, answer: A, now: number, asked: InputOf<C>) => Decision<S>;

/** A transition for acceptance, for every refusal of the asked command, and for its failure on our own mistake. */
export interface AnswerTable<S, C extends Command = Command> {
  accepted: Transition<S, z.output<C['answer']>, C>;
  refused: { [R in RejectionOf<C>]: Transition<S, { code: R; body: Record<string, unknown> }, C> };
  failed: Transition<S, { code: string }, C>;
}

/** A command to one of our own aggregates that an event leads to. */
export interface Follow {
  command: Command;
  key: string;
  data: unknown;
}
export const follow = <C extends Command>(command: C, key: string, data: InputOf<C>): Follow => ({
  command,
  key,
  data,
});
