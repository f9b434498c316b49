import { Accepted, type Decision } from '@yuzhi/messaging/decision';
import type { Command, DataOf, Event, InputOf } from '@yuzhi/protocol/declare';
import type { noteRail } from '@yuzhi/protocol/escrow';
import { availableFen } from './account.ts';
import type { Entry, Hold, Posting } from './book.ts';
import { keyOf, type Operation } from './documents.ts';
import { Book, type Draft } from './draft.ts';
import { invariants } from './invariants.ts';
import { type BookedJournal, Layer } from './layer.ts';
import { noted } from './rail-facts.ts';

export const SALE = '01900000-0000-7000-8000-000000000001';
export const BUYER = '91350100M000100Y43';
export const SELLER = '91440300708461136T';
export const OTHER = '91512081MA62K0260E';
/** The clock of the first decision, epoch ms. */
export const PATIENCE = { days: 14, attempts: 3 };
export const T0 = Date.parse('2026-11-24T02:00:00Z');

/** A book in memory on which decisions are made one by one; after each, every law of the ledger is checked. */
export class Till {
  readonly resident = new Layer();
  version = 0;
  now = T0;
  readonly #journals: BookedJournal[] = [];
  readonly #entries: Entry[] = [];
  readonly #holds = new Map<string, Hold>();
  readonly #told: { event: Event; data: unknown }[] = [];
  readonly #asked: { command: Command; data: unknown }[] = [];

  book = (): Book => new Book(this.version, new Layer(this.resident));

  /** What a handler decides, committed when it accepts. */
  decide<R extends string>(decide: (book: Book, now: number) => Decision<Book, R>): Decision<Book, R> {
    const book = this.book();
    const decision = decide(book, this.now);
    if (decision instanceof Accepted && decision.state !== book) this.#commit(decision);
    return decision;
  }
  /** The same for a part of the domain. */
  does<T>(work: (draft: Draft) => T): T {
    let result: T | undefined;
    this.decide((book, now) => {
      const draft = book.draft(now, 'service:escrow');
      result = work(draft);
      return book.after(draft);
    });
    return result as T;
  }
  #commit({ state, events, asks }: Accepted<Book>): void {
    const batch = state.settled();
    this.version = state.version;
    this.#journals.push(...batch.journals);
    this.#entries.push(...batch.entries);
    for (const hold of batch.holds.values()) this.#holds.set(hold.id, hold);
    this.resident.absorbStates(batch);
    this.#told.push(...events);
    this.#asked.push(...asks);
    const broken = invariants(this.everything());
    if (broken.length) throw new Error(`the book is broken: ${JSON.stringify(broken)}`);
  }
  everything = (): Posting => ({
    accounts: [...this.resident.accounts.values()],
    journals: this.#journals,
    entries: this.#entries,
    holds: [...this.#holds.values()],
  });

  told<E extends Event>(event: E): InputOf<E>[] {
    return this.#told.filter((told) => told.event === event).map(({ data }) => data as InputOf<E>);
  }
  asked<C extends Command>(command: C): InputOf<C>[] {
    return this.#asked.filter((asked) => asked.command === command).map(({ data }) => data as InputOf<C>);
  }
  journals = (kind: string): BookedJournal[] => this.#journals.filter((journal) => journal.kind === kind);
  /** Debit positive, fen. */
  posted = (code: string): bigint => this.resident.account(code)?.postedFen ?? 0n;
  available(code: string): bigint {
    const account = this.resident.account(code);
    return account ? availableFen(account) : 0n;
  }
  order = (id: string) => this.resident.order(id)!;
  sale = (saleId = SALE) => this.resident.sale(saleId)!;
  operation = (id: string): Operation => this.resident.operation(id)!;
  operations = (kind: Operation['kind'], state?: Operation['state']): Operation[] =>
    [...this.resident.operations.values()].filter((o) => o.kind === kind && (!state || o.state === state));

  /** The rail has made an object for the present attempt of an operation, and it is in this state. */
  note(operation: Operation, change: Partial<DataOf<typeof noteRail>> = {}): void {
    const kind = { checkout: 'payment', payee: 'account' }[operation.kind as string] ?? operation.kind;
    this.noteAs({
      kind: kind as 'refund',
      railId: `${kind}-${keyOf(operation)}`,
      reference: keyOf(operation),
      state: 'succeeded',
      rank: kind === 'payment' ? 3 : 2,
      amountFen: String(operation.amountFen),
      feeFen: '0',
      ...change,
    });
  }
  noteAs(note: Omit<DataOf<typeof noteRail>, 'book' | 'at'>): void {
    this.does((draft) => noted(draft, { book: 'main', at: this.now, ...note }, PATIENCE));
  }
}

export const draftOf = (till: Till): Draft => till.book().draft(till.now, 'test');
