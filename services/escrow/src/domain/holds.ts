import { MAX_FEN } from '@yuzhi/money/fen';
import { type Account, availableFen, onNormalSide } from './account.ts';
import { applied, type BookView, compose, type Hold, type LedgerDecision, refused } from './book.ts';
import { type JournalDraft, post } from './ledger.ts';

/** Sets money of a guarded account aside from `now` (epoch ms) on. */
export function placeHold(
  view: BookView,
  { id, account: code, amountFen, expiresAt }: Pick<Hold, 'id' | 'account' | 'amountFen' | 'expiresAt'>,
  now: number,
): LedgerDecision {
  if (view.hold(id)) return refused('hold-already-placed');
  if (expiresAt !== null && expiresAt <= now) return refused('hold-expired');
  if (amountFen <= 0n) return refused('amount-not-positive');
  if (amountFen > MAX_FEN) return refused('amount-out-of-bounds');
  const account = view.account(code);
  if (!account) return refused('account-not-found');
  if (!account.guarded) return refused('account-not-guarded');
  if (account.frozen) return refused('account-frozen');
  if (availableFen(account) < amountFen) return refused('insufficient-funds');
  const resolution = { resolvedAt: null, capturedFen: null, journalId: null };
  return applied({
    accounts: [{ ...account, heldFen: account.heldFen + amountFen }],
    holds: [{ id, account: code, amountFen, status: 'PENDING', placedAt: now, expiresAt, ...resolution }],
  });
}

/**
 * Posts `draft`, which takes up to the held amount from the hold's account; the rest is free again. A capture that
 * comes at or after `expiresAt` is refused, and its posting expires the hold.
 */
export function captureHold(view: BookView, id: string, draft: JournalDraft, now: number): LedgerDecision {
  const hold = view.hold(id);
  const lost = unresolvable(view, hold, now);
  if (lost) return lost;
  const { account: code, amountFen } = hold!;
  const account = accountOf(view, hold!);
  const movedFen = draft.lines.reduce((sum, line) => (line.account === code ? sum + line.amountFen : sum), 0n);
  const capturedFen = -onNormalSide(account, movedFen);
  if (capturedFen <= 0n) return refused('amount-not-positive');
  if (capturedFen > amountFen) return refused('capture-exceeds-hold');
  const captured = { capturedFen, journalId: draft.id };
  return compose(
    view,
    () => release(account, { ...hold!, ...captured, status: 'CAPTURED', resolvedAt: now }),
    (released) => post(released, draft),
  );
}

/** Gives the money back to the account. Too late, it is refused and its posting expires the hold: the same effect. */
export function voidHold(view: BookView, id: string, now: number): LedgerDecision {
  const hold = view.hold(id);
  return (
    unresolvable(view, hold, now) ?? release(accountOf(view, hold!), { ...hold!, status: 'VOIDED', resolvedAt: now })
  );
}

/**
 * What the deadline of a hold does. Until it is sent, or somebody tries the hold, the money stays set aside: a late
 * sweeper never lets any of it out.
 */
export function expireHold(view: BookView, id: string, now: number): LedgerDecision {
  const hold = view.hold(id);
  const lost = unresolvable(view, hold, now);
  if (lost?.refusal === 'hold-expired') return { refusal: null, posting: lost.posting };
  return lost ?? refused('hold-not-due');
}

/** Why the hold cannot be resolved any more; null while it can. */
function unresolvable(view: BookView, hold: Hold | undefined, now: number): LedgerDecision | null {
  if (!hold) return refused('hold-not-found');
  if (hold.status !== 'PENDING') return refused('hold-already-resolved');
  if (hold.expiresAt === null || now < hold.expiresAt) return null;
  const expired: Hold = { ...hold, status: 'EXPIRED', resolvedAt: hold.expiresAt };
  return refused('hold-expired', release(accountOf(view, hold), expired).posting);
}

const release = (account: Account, hold: Hold): LedgerDecision =>
  applied({ accounts: [{ ...account, heldFen: account.heldFen - hold.amountFen }], holds: [hold] });

function accountOf(view: BookView, hold: Hold): Account {
  const account = view.account(hold.account);
  if (!account) throw new Error(`hold ${hold.id}: its account ${hold.account} is not loaded`);
  return account;
}
