import { payoutPaid, saleReopened, saleSettled } from '@yuzhi/protocol/escrow';
import { derivedId } from '@yuzhi/messaging/ids';
import { payableTo, RAIL } from './accounts.ts';
import { moveOperation, movePayee, type Operation, type Payout, type Sale } from './documents.ts';
import type { Draft } from './draft.ts';
import { intend, intendLater, intendNow, type Patience, retried } from './operations.ts';
import { opened } from './payees.ts';
import { moved, type PayoutMove, payoutProcess } from './processes.ts';

const transferId = (saleId: string, { party, part }: Payout) => `transfer:${saleId}:${party}:${part}`;

/** Each payee's money in parts that the rail moves at once; a payee without an account there waits. */
export function planPayouts(draft: Draft, sale: Sale, dueFen: ReadonlyMap<string, bigint>, maxFen: bigint): Payout[] {
  return [...dueFen].flatMap(([party, amountFen]) =>
    inParts(amountFen, maxFen).map((partFen, part) => {
      const account = accountOf(draft, party);
      const payout: Payout = { party, part, amountFen: partFen, state: payoutProcess.initial, reason: null };
      const id = transferId(sale.saleId, payout);
      const intention = { id, kind: 'transfer', saleId: sale.saleId, party, amountFen: partFen } as const;
      if (account === null) {
        intendLater(draft, intention);
        return payout;
      }
      intend(draft, { ...intention, payeeAccount: account });
      return movePayout(payout, 'payee-ready');
    }),
  );
}

const accountOf = (draft: Draft, party: string) => {
  const payee = draft.book.payee(party);
  return payee?.state === 'ready' ? payee.account : null;
};

/** As few parts of at most `maxFen` as there can be, all but equal. */
export function inParts(amountFen: bigint, maxFen: bigint): bigint[] {
  const count = (amountFen + maxFen - 1n) / maxFen;
  const [share, over] = [amountFen / (count || 1n), amountFen % (count || 1n)];
  return Array.from({ length: Number(count) }, (_, i) => share + (BigInt(i) < over ? 1n : 0n));
}

/** The payee can take money now: whatever waited for it sets out. */
export function payeeReady(draft: Draft, party: string, account: string): void {
  const ready = movePayee(opened(draft.book.payee(party)!), 'enabled');
  draft.putPayee({ ...ready, account, onboardingUrl: null });
  for (const transfer of draft.book.operationsWaitingFor(party)) {
    track(draft, intendNow(draft, transfer, account), 'payee-ready');
  }
}

export function transferred(draft: Draft, transfer: Operation, at: number): void {
  const { saleId, id, party, amountFen, payeeAccount } = draft.putOperation(moveOperation(transfer, 'done'));
  draft.post({
    id: derivedId(saleId!, 'transfer', id),
    saleId,
    kind: 'transfer',
    ref: id,
    at,
    legs: [
      [payableTo(party), amountFen],
      [RAIL, -amountFen],
    ],
  });
  const payoutId = id.replace('transfer:', 'payout:');
  track(draft, intend(draft, { id: payoutId, kind: 'payout', saleId, party, amountFen, payeeAccount }), 'transferred');
}

export function paidOut(draft: Draft, payout: Operation): void {
  const { saleId, party, amountFen } = draft.putOperation(moveOperation(payout, 'done'));
  const sale = track(draft, payout, 'paid');
  draft.tell(payoutPaid, { saleId: saleId!, party, amountFen: String(amountFen) }, saleId!);
  settle(draft, sale);
}

/** Says so when every payee has his money. */
export function settle(draft: Draft, sale: Sale): void {
  if (sale.settledAt !== null || sale.payouts.some(({ state }) => state !== 'paid')) return;
  draft.putSale({ ...sale, settledAt: draft.now, overdue: null, deadlineAt: null });
  draft.tell(saleSettled, { saleId: sale.saleId }, sale.saleId);
}

/** The payee's bank sent it back, perhaps after it was called paid; the money is in his account with the rail. */
export function payoutFailed(draft: Draft, payout: Operation, patience: Patience): void {
  const reason = 'payout-failed';
  const sale = payoutRefused(draft, retried(draft, payout, reason, patience), reason);
  if (sale.settledAt === null) return;
  const { saleId } = draft.putSale({ ...sale, settledAt: null });
  draft.tell(saleReopened, { saleId }, saleId);
}

/** A transfer or a payout that is tried again, or blocked. */
export const payoutRefused = (draft: Draft, operation: Operation, reason: string): Sale =>
  track(draft, operation, operation.state === 'blocked' ? 'blocked' : 'repeated', reason);

const movePayout = (payout: Payout, on: PayoutMove, reason: string | null = null): Payout => ({
  ...payout,
  state: moved(payoutProcess, payout.party, payout.state, on),
  reason,
});

/** The payout as its sale shows it. */
export function track(draft: Draft, { id, saleId }: Operation, on: PayoutMove, reason: string | null = null): Sale {
  const sale = draft.book.sale(saleId!)!;
  const payouts = sale.payouts.map((payout) =>
    id.endsWith(`:${payout.party}:${payout.part}`) ? movePayout(payout, on, reason) : payout,
  );
  return draft.putSale({ ...sale, payouts });
}
