import { admitBidder } from '@yuzhi/protocol/bidding';
import { depositHeld, orderOpened, saleFunded } from '@yuzhi/protocol/escrow';
import { derivedId } from '@yuzhi/messaging/ids';
import { depositOf, escrowOf, RAIL, RAIL_COST, UNASKED } from './accounts.ts';
import { availableFen } from './account.ts';
import { isKind, intend, stray, taken } from './operations.ts';
import { moveOperation, moveOrder, type Operation, type Order, type Sale } from './documents.ts';
import type { Draft } from './draft.ts';
import { orderProcess } from './processes.ts';
import { sendBack } from './refunds.ts';

/** What a session must leave to the next one, in fen: a rail does not take a few cents. */
const REST_MIN_FEN = 10_000n;

export const depositOrderId = (saleId: string, party: string): string => derivedId(saleId, 'deposit', party);
export const priceOrderId = (saleId: string, buyer: string): string => derivedId(saleId, 'price', buyer);
export const accountOf = ({ purpose, saleId, payer }: Order): string =>
  purpose === 'deposit' ? depositOf(saleId, payer) : escrowOf(saleId);

/** The sale's document; a new one when this is the first money of it. */
export const saleOf = (draft: Draft, saleId: string): Sale =>
  draft.book.sale(saleId) ?? {
    saleId,
    buyer: null,
    seller: null,
    priceFen: null,
    fundedAt: null,
    registration: null,
    releasedAt: null,
    settledAt: null,
    split: null,
    payouts: [],
    overdue: null,
    deadlineAt: null,
    isOpen: true,
    version: 0,
  };

type Asked = Pick<Order, 'id' | 'saleId' | 'payer' | 'purpose' | 'amountFen' | 'dueAt'>;

export function openOrder(draft: Draft, asked: Asked): Order {
  if (!draft.book.sale(asked.saleId)) draft.putSale(saleOf(draft, asked.saleId));
  const { saleId, id: orderId, payer: party, purpose, amountFen } = asked;
  draft.tell(orderOpened, { saleId, orderId, party, purpose, amountFen: String(amountFen) }, saleId);
  return draft.putOrder({
    ...asked,
    paidFen: 0n,
    state: orderProcess.initial,
    openedAt: draft.now,
    sessions: 0,
    checkout: null,
    payments: [],
    refunds: [],
    sentBackFor: null,
    stuck: null,
    version: 0,
  });
}

/** Of what is left, as much as the rail takes at once. */
export function nextChargeFen({ amountFen, paidFen, state }: Order, maxFen: bigint): bigint {
  const leftFen = state === 'open' ? amountFen - paidFen : 0n;
  if (leftFen <= maxFen) return leftFen;
  return leftFen - maxFen < REST_MIN_FEN ? maxFen - REST_MIN_FEN : maxFen;
}

/** Begins a session on the rail's hosted page; while one is open there is no second. */
export function beginCheckout(draft: Draft, order: Order, amountFen: bigint, returnUrl: string): void {
  const sessions = order.sessions + 1;
  const { saleId, id: orderId, payer: party } = order;
  const id = `checkout:${orderId}:${sessions}`;
  intend(draft, { id, kind: 'checkout', saleId, orderId, party, amountFen, returnUrl });
  draft.putOrder({ ...order, sessions, checkout: { operationId: id, amountFen, url: null } });
}

/** The session ended without a payment, or never came to be. */
export function endCheckout(draft: Draft, operation: Operation, reason: string): void {
  draft.putOperation({ ...moveOperation(operation, 'ended'), reason });
  const order = draft.book.order(operation.orderId!)!;
  if (order.checkout?.operationId === operation.id) draft.putOrder({ ...order, checkout: null });
}

/** A payment that succeeded on the rail: all amounts in fen, `at` the rail's time of it. */
export interface Received {
  railId: string;
  rank: number;
  amountFen: bigint;
  feeFen: bigint;
  at: number;
}

/** Money is here, and it is booked whatever it is for; what is not wanted goes back by itself. */
export function received(draft: Draft, asked: Operation | undefined, payment: Received): void {
  const { railId, rank, amountFen } = payment;
  const checkout = isKind(asked, 'checkout') ? asked : undefined;
  const strayId = `stray:${railId}`;
  if (checkout?.paymentId === railId || draft.book.operation(strayId)) return;
  const order = checkout && draft.book.order(checkout.orderId!)!;
  const expected = checkout !== undefined && checkout.paymentId === null && checkout.state !== 'failed';
  const { saleId, orderId, party } = checkout ?? { saleId: null, orderId: null, party: 'unknown' };
  const operation = expected
    ? draft.putOperation({ ...moveOperation(taken(checkout), 'done'), paymentId: railId, rank })
    : stray(draft, { id: strayId, kind: 'checkout', saleId, orderId, party, amountFen, paymentId: railId, rank });
  bookPayIn(draft, operation, order ? accountOf(order) : UNASKED, payment);
  if (order) credit(draft, order, operation, amountFen);
  else refundStray(draft, operation, amountFen);
}

function bookPayIn(draft: Draft, { saleId }: Operation, account: string, payment: Received): void {
  const { railId, amountFen, feeFen, at } = payment;
  draft.post({
    id: derivedId(saleId ?? railId, 'pay-in', railId),
    saleId,
    kind: 'pay-in',
    ref: railId,
    at,
    legs: [
      [RAIL, amountFen - feeFen],
      [RAIL_COST, feeFen],
      [account, -amountFen],
    ],
  });
}

function refundStray(draft: Draft, { id, saleId, party, paymentId }: Operation, amountFen: bigint): void {
  intend(draft, { id: `refund:${id}:1`, kind: 'refund', saleId, party, amountFen, bookAccount: UNASKED, paymentId });
}

function credit(draft: Draft, order: Order, operation: Operation, amountFen: bigint): void {
  const wantedFen = order.state === 'open' ? order.amountFen - order.paidFen : 0n;
  const takenFen = amountFen < wantedFen ? amountFen : wantedFen;
  const payment = { operationId: operation.id, amountFen, refundedFen: 0n };
  const checkout = order.checkout?.operationId === operation.id ? null : order.checkout;
  const paid = { ...order, checkout, paidFen: order.paidFen + takenFen, payments: [...order.payments, payment] };
  const isFull = order.state === 'open' && paid.paidFen === order.amountFen;
  let after = draft.putOrder(isFull ? moveOrder(paid, 'paid') : paid);
  if (takenFen < amountFen) {
    const surplus = wantedFen === 0n ? 'too-late' : 'too-much';
    after = sendBack(draft, after, { account: accountOf(order), amountFen: amountFen - takenFen, surplus });
  }
  if (!isFull) return;
  if (order.purpose === 'deposit') tellHeld(draft, after);
  else fund(draft, order.saleId);
}

function tellHeld(draft: Draft, { saleId, id: orderId, payer: party, amountFen }: Order): void {
  const heldFen = String(amountFen);
  draft.tell(depositHeld, { saleId, orderId, party, amountFen: heldFen }, saleId);
  draft.ask(admitBidder, saleId, { saleId, party, heldFen, orderId });
}

/** Says so once when the price of the sale is in escrow. What a larger deposit brought beyond it goes back. */
export function fund(draft: Draft, saleId: string): void {
  const sale = draft.book.sale(saleId);
  const account = draft.book.account(escrowOf(saleId));
  if (!sale || sale.priceFen === null || sale.fundedAt !== null || !account) return;
  const surplusFen = availableFen(account) - sale.priceFen;
  if (surplusFen < 0n) return;
  draft.putSale({ ...sale, fundedAt: draft.now, overdue: null, deadlineAt: null });
  draft.tell(saleFunded, { saleId, priceFen: String(sale.priceFen) }, saleId);
  if (surplusFen === 0n) return;
  const deposit = draft.book.order(depositOrderId(saleId, sale.buyer!))!;
  sendBack(draft, deposit, { account: account.code, amountFen: surplusFen, surplus: 'too-much' });
}
