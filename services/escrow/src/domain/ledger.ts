import { MAX_FEN } from '@yuzhi/money/fen';
import { type Account, availableFen, classOf, onNormalSide } from './account.ts';
import { applied, type BookView, type Entry, type Journal, type LedgerDecision, type Line, refused } from './book.ts';
import type { LedgerRefusal } from './ledger-refusals.ts';

export type JournalDraft = Omit<Journal, 'reverses'>;

/** Opens an empty account; its class in the chart decides its normal side and whether it is guarded. */
export function openAccount(
  view: BookView,
  { code, currency, saleId }: Pick<Account, 'code' | 'currency' | 'saleId'>,
): LedgerDecision {
  const nature = classOf(code);
  if (!nature) return refused('account-class-unknown');
  if (view.account(code)) return refused('account-already-open');
  return applied({
    accounts: [{ code, currency, ...nature, frozen: false, postedFen: 0n, heldFen: 0n, version: 0, saleId }],
  });
}

/** Posts a journal: all of its lines or none. */
export const post = (view: BookView, draft: JournalDraft): LedgerDecision => record(view, { ...draft, reverses: null });

/**
 * Posts the mirror image of a journal, once. A reversal is a journal and can be reversed in turn. It brings the money
 * back, not the hold that a capture used up; where the money has gone on it is refused like any other journal.
 */
export function reverse(
  view: BookView,
  original: Journal,
  draft: Omit<JournalDraft, 'lines' | 'saleId'>,
): LedgerDecision {
  if (view.reversed(original.id)) return refused('journal-already-reversed');
  const lines = original.lines.map(({ account, amountFen }) => ({ account, amountFen: -amountFen }));
  return record(view, { ...draft, saleId: original.saleId, reverses: original.id, lines });
}

/** Nothing leaves the account any more, its holds included, until it is unfrozen. */
export function freeze(view: BookView, code: string): LedgerDecision {
  const account = view.account(code);
  if (!account) return refused('account-not-found');
  return account.frozen ? refused('account-already-frozen') : applied({ accounts: [{ ...account, frozen: true }] });
}

export function unfreeze(view: BookView, code: string): LedgerDecision {
  const account = view.account(code);
  if (!account) return refused('account-not-found');
  return account.frozen ? applied({ accounts: [{ ...account, frozen: false }] }) : refused('account-not-frozen');
}

function record(view: BookView, journal: Journal): LedgerDecision {
  const malformed = refusalOfDraft(view, journal);
  if (malformed) return refused(malformed);
  const { accounts, entries } = book(view, journal);
  const forbidden = refusalOfEffect(view, journal.lines, accounts);
  return forbidden ? refused(forbidden) : applied({ accounts, journals: [journal], entries });
}

function refusalOfDraft(view: BookView, { id, lines }: Journal): LedgerRefusal | null {
  if (view.journalKnown?.(id)) return 'journal-already-posted';
  if (lines.length === 0) return 'empty-journal';
  if (!lines.every(({ amountFen }) => withinBounds(amountFen))) return 'amount-out-of-bounds';
  const accounts = lines.map((line) => view.account(line.account));
  if (accounts.includes(undefined)) return 'account-not-found';
  if (accounts.some((account) => account!.currency !== accounts[0]!.currency)) return 'mixed-currency';
  return lines.reduce((sum, line) => sum + line.amountFen, 0n) === 0n ? null : 'unbalanced';
}

const withinBounds = (fen: bigint) => fen !== 0n && -MAX_FEN <= fen && fen <= MAX_FEN;

function book(view: BookView, { id, lines }: Journal): { accounts: Account[]; entries: Entry[] } {
  const touched = new Map<string, Account>();
  const entries = lines.map(({ account: code, amountFen }, line) => {
    const before = touched.get(code) ?? view.account(code)!;
    const after = { ...before, postedFen: before.postedFen + amountFen, version: before.version + 1 };
    touched.set(code, after);
    const { postedFen: balanceAfter, version: accountVersion } = after;
    return { journalId: id, line, account: code, amountFen, balanceAfter, accountVersion };
  });
  return { accounts: [...touched.values()], entries };
}

function refusalOfEffect(view: BookView, lines: readonly Line[], after: readonly Account[]): LedgerRefusal | null {
  const leaves = (line: Line) => onNormalSide(view.account(line.account)!, line.amountFen) < 0n;
  if (lines.some((line) => view.account(line.account)!.frozen && leaves(line))) return 'account-frozen';
  // A journal is one movement: what counts is where it leaves the account, not the order of its lines.
  return after.some((account) => account.guarded && availableFen(account) < 0n) ? 'insufficient-funds' : null;
}
