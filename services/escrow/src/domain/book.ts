import type { Account } from './account.ts';
import type { LedgerRefusal } from './ledger-refusals.ts';

/** One leg of a journal: + debit, − credit, in minor units, never zero. */
export interface Line {
  readonly account: string;
  readonly amountFen: bigint;
}

/** A movement of money: lines of one currency that sum to zero. Never changed; what was wrong is reversed. */
export interface Journal {
  readonly id: string;
  readonly saleId: string | null;
  readonly kind: string;
  /** What it rests on: an operation, a payment, a line of a bank statement. */
  readonly ref: string;
  readonly actor: string;
  /** The instant the money moved, epoch ms; not when we learnt of it. */
  readonly effectiveAt: number;
  readonly reverses: string | null;
  readonly lines: readonly Line[];
}

/** A line as it stands in its account for ever. */
export interface Entry {
  readonly journalId: string;
  /** Place in the journal, from 0. */
  readonly line: number;
  readonly account: string;
  readonly amountFen: bigint;
  readonly balanceAfter: bigint;
  /** Gapless per account, from 1. */
  readonly accountVersion: number;
}

/** Money set aside on a guarded account; resolved at most once. */
export interface Hold {
  readonly id: string;
  readonly account: string;
  readonly amountFen: bigint;
  readonly status: 'PENDING' | 'CAPTURED' | 'VOIDED' | 'EXPIRED';
  readonly placedAt: number;
  /** From this instant on it can only expire; null: it waits until somebody resolves it. */
  readonly expiresAt: number | null;
  readonly resolvedAt: number | null;
  /** Set when captured: how much of it, and by which journal. */
  readonly capturedFen: bigint | null;
  readonly journalId: string | null;
}

/** What a decision may ask of the book. Everything it names must be loaded before. */
export interface BookView {
  account(code: string): Account | undefined;
  hold(id: string): Hold | undefined;
  /** Some journal reverses this one. */
  reversed(journalId: string): boolean;
  /** A journal of this id exists. Absent: the unique key of the table is trusted to catch it. */
  journalKnown?(id: string): boolean;
}

/** What a decision writes: new states of accounts and holds, and rows that are only ever added. */
export interface Posting {
  readonly accounts: readonly Account[];
  readonly journals: readonly Journal[];
  readonly entries: readonly Entry[];
  readonly holds: readonly Hold[];
}

/** A refusal writes nothing, except that whatever came too late for its hold expires that hold. */
export interface LedgerDecision {
  readonly refusal: LedgerRefusal | null;
  readonly posting: Posting;
}

const NONE: readonly never[] = Object.freeze([]);
export const NO_POSTING: Posting = Object.freeze({ accounts: NONE, journals: NONE, entries: NONE, holds: NONE });

export const refused = (refusal: LedgerRefusal, posting: Posting = NO_POSTING): LedgerDecision => ({
  refusal,
  posting,
});
export const applied = (posting: Partial<Posting>): LedgerDecision => ({
  refusal: null,
  posting: { ...NO_POSTING, ...posting },
});

/** The book with decisions on top that are not committed yet: what a batch decides on. */
export interface Overlay extends BookView {
  apply(posting: Posting): void;
  /** All that was applied, as one: the last state of each account and hold, every journal and entry in order. */
  posting(): Posting;
}

export const EMPTY_BOOK: BookView = {
  account: () => undefined,
  hold: () => undefined,
  reversed: () => false,
  journalKnown: () => false,
};

export function overlay(base: BookView): Overlay {
  const accounts = new Map<string, Account>();
  const holds = new Map<string, Hold>();
  const journals = new Map<string, Journal>();
  const entries: Entry[] = [];
  const reversals = new Set<string>();
  return {
    account: (code) => accounts.get(code) ?? base.account(code),
    hold: (id) => holds.get(id) ?? base.hold(id),
    reversed: (id) => reversals.has(id) || base.reversed(id),
    journalKnown: (id) => journals.has(id) || (base.journalKnown?.(id) ?? false),
    apply(posting) {
      for (const account of posting.accounts) accounts.set(account.code, account);
      for (const hold of posting.holds) holds.set(hold.id, hold);
      for (const journal of posting.journals) {
        journals.set(journal.id, journal);
        if (journal.reverses !== null) reversals.add(journal.reverses);
      }
      entries.push(...posting.entries);
    },
    posting: () => ({
      accounts: [...accounts.values()],
      journals: [...journals.values()],
      entries: [...entries],
      holds: [...holds.values()],
    }),
  };
}

/** Several decisions as one, each seeing the ones before it: all of them, or the first refusal and nothing. */
export function compose(view: BookView, ...steps: readonly ((view: BookView) => LedgerDecision)[]): LedgerDecision {
  const book = overlay(view);
  for (const step of steps) {
    const { refusal, posting } = step(book);
    if (refusal !== null) return refused(refusal);
    book.apply(posting);
  }
  return { refusal: null, posting: book.posting() };
}
