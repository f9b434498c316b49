import { depositReturned, moneySentBack } from '@yuzhi/protocol/escrow';
import { derivedId } from '@yuzhi/messaging/ids';
import { RAIL } from './accounts.ts';
import {
  keyOf,
  moveOperation,
  moveOrder,
  type Operation,
  type Order,
  type Refund,
  type Unwanted,
} from './documents.ts';
import type { Draft, Movement } from './draft.ts';
import { intend, type Patience, retried } from './operations.ts';

export interface SendingBack {
  /** The account of the book that it leaves. */
  account: string;
  amountFen: bigint;
  /** Why it was too much; null when the order itself is given back. */
  surplus: Unwanted | null;
}

/** Sends money of an order back by the payments it came with, the latest first. The money is set aside at once. */
export function sendBack(draft: Draft, order: Order, { account, amountFen, surplus }: SendingBack): Order {
  let leftFen = amountFen;
  const refunds: Refund[] = [];
  const payments = order.payments.toReversed().map((payment) => {
    const freeFen = payment.amountFen - payment.refundedFen;
    const partFen = freeFen < leftFen ? freeFen : leftFen;
    if (partFen === 0n) return payment;
    leftFen -= partFen;
    const id = `refund:${payment.operationId}:${order.refunds.length + refunds.length + 1}`;
    refunds.push({ operationId: id, amountFen: partFen, isDone: false, surplus });
    const { saleId, id: orderId, payer: party } = order;
    const paymentId = draft.book.operation(payment.operationId)!.paymentId;
    intend(draft, { id, kind: 'refund', saleId, orderId, party, amountFen: partFen, bookAccount: account, paymentId });
    return { ...payment, refundedFen: payment.refundedFen + partFen };
  });
  if (leftFen > 0n) throw new Error(`${leftFen} fen of order ${order.id} did not come in by its payments`);
  return draft.putOrder({ ...order, payments: payments.toReversed(), refunds: [...order.refunds, ...refunds] });
}

/** Gives an order back; `sentBackFor` says why nobody had to ask for it. */
export function giveBack(draft: Draft, order: Order, account: string, sentBackFor: Unwanted | null): Order {
  const returning = { ...moveOrder(order, 'given-back'), checkout: null, stuck: null, sentBackFor };
  return sendBack(draft, returning, { account, amountFen: order.paidFen, surplus: null });
}

export function refundSucceeded(draft: Draft, operation: Operation, at: number): void {
  draft.capture(operation, movementOf(operation, at));
  draft.putOperation(moveOperation(operation, 'done'));
  const order = marked(draft, operation, true);
  if (!order) return;
  const { saleId, id: orderId, payer: party } = order;
  const { surplus } = order.refunds.find(({ operationId }) => operationId === operation.id)!;
  const said = { saleId, orderId, party };
  if (surplus !== null) {
    draft.tell(moneySentBack, { ...said, amountFen: String(operation.amountFen), reason: surplus }, saleId);
  } else if (order.refunds.every(({ isDone, surplus: extra }) => isDone || extra !== null)) {
    draft.putOrder(moveOrder(order, 'refunded'));
    const amountFen = String(order.paidFen);
    if (order.sentBackFor === null) draft.tell(depositReturned, { ...said, amountFen }, saleId);
    else draft.tell(moneySentBack, { ...said, amountFen, reason: order.sentBackFor }, saleId);
  }
}

/** The bank did not take the money, perhaps after the rail had called the refund done. */
export function refundFailed(draft: Draft, operation: Operation, patience: Patience): void {
  if (operation.state === 'done') {
    const original = movementOf(operation, draft.now);
    draft.reverse(original, derivedId(original.id, 'reversal'), 'refund-failed');
    const order = marked(draft, operation, false);
    if (order?.state === 'returned') draft.putOrder(moveOrder(order, 'refund-failed'));
  } else {
    draft.void(operation);
  }
  refundRefused(draft, retried(draft, operation, 'refund-failed', patience));
}

/** A refund that is tried again, or blocked. */
export function refundRefused(draft: Draft, refund: Operation): void {
  if (refund.state === 'blocked') showStuck(draft, refund);
}

/** An order is stuck while a refund of it waits for a person. */
export function showStuck(draft: Draft, { orderId }: Operation): void {
  const order = orderId === null ? undefined : draft.book.order(orderId)!;
  if (!order) return;
  const refunds = order.refunds.map(({ operationId }) => draft.book.operation(operationId)!);
  const blocked = refunds.find(({ state }) => state === 'blocked');
  const stuck = blocked ? { reason: blocked.reason!, since: order.stuck?.since ?? draft.now } : null;
  draft.putOrder({ ...order, stuck });
}

function marked(draft: Draft, { orderId, id }: Operation, isDone: boolean): Order | undefined {
  const order = orderId === null ? undefined : draft.book.order(orderId)!;
  if (!order) return undefined;
  const refunds = order.refunds.map((refund) => (refund.operationId === id ? { ...refund, isDone } : refund));
  return draft.putOrder({ ...order, refunds });
}

const movementOf = (operation: Operation, at: number): Movement => ({
  id: derivedId(operation.saleId ?? operation.id, 'refund', keyOf(operation)),
  saleId: operation.saleId,
  kind: 'refund',
  ref: keyOf(operation),
  at,
  legs: [
    [operation.bookAccount!, operation.amountFen],
    [RAIL, -operation.amountFen],
  ],
});
