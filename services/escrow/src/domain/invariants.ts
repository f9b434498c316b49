import { type Account, availableFen } from './account.ts';
import type { Entry, Posting } from './book.ts';

/** What is broken, and where: the id of a journal, account or hold, or a currency. */
export interface Violation {
  invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8';
  subject: string;
}

/** The laws of the whole book; nothing returned, nothing broken. `book` is everything ever written, in last states. */
export function invariants(book: Posting): Violation[] {
  const entriesOf = Map.groupBy(book.entries, (entry) => entry.account);
  const linesOf = Map.groupBy(book.entries, (entry) => entry.journalId);
  const pending = Map.groupBy(
    book.holds.filter((hold) => hold.status === 'PENDING'),
    (hold) => hold.account,
  );
  const journals = new Set(book.journals.map((journal) => journal.id));
  const broken = (invariant: Violation['invariant'], subjects: Iterable<string>): Violation[] =>
    Array.from(subjects, (subject) => ({ invariant, subject }));
  const accountsWhere = (fails: (account: Account, entries: Entry[]) => boolean) =>
    book.accounts.filter((account) => fails(account, entriesOf.get(account.code) ?? [])).map(({ code }) => code);
  const heldOn = ({ code }: Account) => sum((pending.get(code) ?? []).map((hold) => hold.amountFen));

  return [
    ...broken(
      'I1',
      keysWhere(linesOf, (entries) => sum(entries.map((entry) => entry.amountFen)) !== 0n),
    ),
    ...broken(
      'I2',
      keysWhere(Map.groupBy(book.accounts, currency), (all) => sum(all.map(posted)) !== 0n),
    ),
    ...broken(
      'I3',
      accountsWhere((account, entries) => account.postedFen !== sum(entries.map((e) => e.amountFen))),
    ),
    ...broken(
      'I4',
      accountsWhere((account) => account.guarded && availableFen(account) < 0n),
    ),
    ...broken(
      'I5',
      accountsWhere((account) => account.heldFen !== heldOn(account)),
    ),
    ...broken(
      'I6',
      accountsWhere((account, entries) => !gapless(account, entries)),
    ),
    ...broken(
      'I7',
      [...journals].filter((id) => !linesOf.has(id)),
    ),
    ...broken(
      'I8',
      book.holds
        .filter((hold) => hold.status === 'CAPTURED' && !journals.has(hold.journalId ?? ''))
        .map(({ id }) => id),
    ),
  ];
}

const currency = (account: Account) => account.currency;
const posted = (account: Account) => account.postedFen;
const sum = (amounts: readonly bigint[]) => amounts.reduce((total, fen) => total + fen, 0n);
const keysWhere = <T>(groups: Map<string, T[]>, fails: (group: T[]) => boolean): string[] =>
  [...groups].filter(([, group]) => fails(group)).map(([key]) => key);

/** Entries are versions 1 … n of the account, and each balance continues the one before it. */
function gapless(account: Account, entries: readonly Entry[]): boolean {
  let balance = 0n;
  const inOrder = entries.toSorted((a, b) => a.accountVersion - b.accountVersion);
  const continuous = inOrder.every((entry, i) => {
    balance += entry.amountFen;
    return entry.accountVersion === i + 1 && entry.balanceAfter === balance;
  });
  return continuous && account.version === entries.length;
}
