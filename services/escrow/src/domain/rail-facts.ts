import type { DataOf } from '@yuzhi/protocol/declare';
import type { noteRail, recordRail } from '@yuzhi/protocol/escrow';
import { moveOperation, type Operation, readKey } from './documents.ts';
import type { Draft } from './draft.ts';
import { anew, block, type Patience, putOff, retried, taken } from './operations.ts';
import { opened } from './payees.ts';
import { endCheckout, received } from './payments.ts';
import { paidOut, payeeReady, payoutFailed, payoutRefused, track, transferred } from './payouts.ts';
import { refundFailed, refundRefused, refundSucceeded, showStuck } from './refunds.ts';

type Recorded = DataOf<typeof recordRail>;
type Noted = DataOf<typeof noteRail>;

/** What the call of an attempt brought; nothing new when the attempt is over or a webhook was faster. */
export function recorded(draft: Draft, record: Recorded, patience: Patience): void {
  const operation = draft.book.operation(record.operationId);
  if (!operation) throw new Error(`the rail answers for ${record.operationId}, which nobody asked`);
  if (operation.attempt !== record.attempt) return;
  if (operation.state === 'sent' && record.outcome === 'done') return addressed(draft, operation, record);
  if (operation.state !== 'intended') return;
  if (record.outcome === 'refused') return refused(draft, operation, record, patience);
  const { railId } = record;
  const took = taken(operation);
  const ended = operation.kind === 'link' ? moveOperation(took, 'done') : took;
  const next = draft.putOperation({ ...ended, railId });
  addressed(draft, next, record);
}

/** Where a person goes on: to the page that takes the payment, or that opens the payee's account. */
function addressed(draft: Draft, { kind, orderId, party, id }: Operation, { railId, url }: Recorded): void {
  if (kind === 'checkout') {
    const order = draft.book.order(orderId!)!;
    const { checkout } = order;
    if (checkout?.operationId === id) draft.putOrder({ ...order, checkout: { ...checkout, url } });
  } else if (kind === 'payee' || kind === 'link') {
    const payee = draft.book.payee(party)!;
    const account = payee.account ?? railId;
    if (payee.state !== 'ready') draft.putPayee({ ...opened(payee), account, onboardingUrl: url });
  }
}

function refused(draft: Draft, operation: Operation, { reason, isTransient }: Recorded, patience: Patience): void {
  const why = reason ?? 'refused';
  const turned = () => (isTransient ? putOff(draft, operation, why, patience) : block(draft, operation, why));
  switch (operation.kind) {
    case 'checkout':
      return endCheckout(draft, operation, why);
    case 'transfer':
    case 'payout':
      return void payoutRefused(draft, turned(), why);
    case 'refund':
      draft.void(operation);
      return refundRefused(draft, turned());
    // A person waits for his page: he learns of it soon, and may ask again.
    case 'payee':
    case 'link':
      if (isTransient) retried(draft, operation, why, patience);
      else block(draft, operation, why);
  }
}

/** A state of an object of the rail. An older one than we know never takes anything back. */
export function noted(draft: Draft, note: Noted, patience: Patience): void {
  const key = readKey(note.reference);
  const operation = key && draft.book.operation(key.id);
  if (note.kind === 'payment') return paymentNoted(draft, operation, note);
  if (!operation || operation.attempt !== key.attempt || note.rank <= operation.rank) return;
  if (operation.railId !== null && operation.railId !== note.railId) {
    throw new Error(`two objects of the rail for one attempt of ${operation.id}: ${operation.railId}, ${note.railId}`);
  }
  if (note.kind !== 'account' && BigInt(note.amountFen) !== operation.amountFen) {
    throw new Error(`${note.railId} moves ${note.amountFen} fen, ${operation.id} was for ${operation.amountFen}`);
  }
  const known = { ...taken(operation), railId: note.railId, rank: note.rank };
  if (note.state === 'pending' || !CHANGES[note.kind]) draft.putOperation(known);
  else CHANGES[note.kind](draft, known, note, patience);
}

type Change = (draft: Draft, operation: Operation, note: Noted, patience: Patience) => void;
const CHANGES: Record<Exclude<Noted['kind'], 'payment'>, Change> = {
  refund: (draft, operation, { state, at }, patience) =>
    state === 'succeeded' ? refundSucceeded(draft, operation, at) : refundFailed(draft, operation, patience),
  transfer: (draft, operation, { at }) => transferred(draft, operation, at),
  payout: (draft, operation, { state }, patience) =>
    state === 'succeeded' ? paidOut(draft, operation) : payoutFailed(draft, operation, patience),
  account: (draft, operation) => {
    draft.putOperation(moveOperation(operation, 'done'));
    payeeReady(draft, operation.party, operation.railId!);
  },
};

function paymentNoted(draft: Draft, operation: Operation | undefined, note: Noted): void {
  const { railId, rank, state, amountFen, feeFen, at } = note;
  if (state === 'succeeded') {
    return received(draft, operation, { railId, rank, amountFen: BigInt(amountFen), feeFen: BigInt(feeFen), at });
  }
  if (!operation || operation.state === 'done' || operation.state === 'failed' || rank <= operation.rank) return;
  if (state === 'expired' || state === 'failed') endCheckout(draft, { ...operation, rank }, state);
}

/** A person has put right what blocked it. */
export function retry(draft: Draft, operation: Operation): Operation {
  const next = anew(draft, operation);
  if (next.kind === 'refund') showStuck(draft, next);
  if (next.kind === 'transfer') track(draft, next, 'transfer-retried');
  if (next.kind === 'payout') track(draft, next, 'payout-retried');
  return next;
}
