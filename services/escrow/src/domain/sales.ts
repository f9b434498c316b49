import { depositApplied, saleOverdue, saleRegistered } from '@yuzhi/protocol/escrow';
import { derivedId } from '@yuzhi/messaging/ids';
import { depositOf, escrowOf } from './accounts.ts';
import { moveOrder, type Order, type Sale } from './documents.ts';
import type { Draft } from './draft.ts';
import { accountOf, fund, openOrder, priceOrderId, saleOf } from './payments.ts';
import { giveBack } from './refunds.ts';

export interface Expectation {
  saleId: string;
  buyer: string;
  seller: string;
  priceFen: bigint;
  /** What the deposit will bring. */
  depositFen: bigint;
  dueAt: number;
}

/** Opens the escrow of a sale; what its deposit does not cover becomes an order. */
export function expect(draft: Draft, { depositFen, dueAt, ...terms }: Expectation): Order | null {
  const { saleId, buyer, priceFen } = terms;
  draft.putSale({ ...saleOf(draft, saleId), ...terms, deadlineAt: dueAt });
  const amountFen = priceFen - depositFen;
  const asked = { id: priceOrderId(saleId, buyer), saleId, payer: buyer, purpose: 'price' as const, amountFen, dueAt };
  const order = amountFen > 0n ? openOrder(draft, asked) : null;
  fund(draft, saleId);
  return order;
}

/** The deposit becomes a part of the price. */
export function apply(draft: Draft, order: Order): void {
  const { saleId, payer: party, id: orderId, paidFen } = order;
  draft.post({
    id: derivedId(saleId, 'apply', orderId),
    saleId,
    kind: 'deposit-applied',
    ref: orderId,
    at: draft.now,
    legs: [
      [depositOf(saleId, party), paidFen],
      [escrowOf(saleId), -paidFen],
    ],
  });
  draft.putOrder({ ...moveOrder(order, 'applied'), stuck: null });
  draft.tell(depositApplied, { saleId, orderId, party, amountFen: String(paidFen) }, saleId);
  fund(draft, saleId);
}

/** A register that shows somebody else than the buyer is no registration of this sale. */
export const isRegistered = ({ registration, buyer }: Sale): boolean => registration?.owner === buyer;

/** Keeps whom the register shows: what follows from it is decided where the deal is. */
export function register(draft: Draft, saleId: string, registration: NonNullable<Sale['registration']>): void {
  const sale = draft.putSale({ ...saleOf(draft, saleId), registration });
  const shows = isRegistered(sale) ? 'buyer' : 'another';
  draft.tell(saleRegistered, { saleId, registeredOn: registration.on, shows }, saleId);
}

/** The bidding has ended: a deposit that was not paid in full is wanted no more. */
export function closeDeposits(draft: Draft, saleId: string): void {
  for (const order of draft.book.ordersOf(saleId)) {
    if (order.purpose !== 'deposit' || order.state !== 'open') continue;
    if (order.paidFen > 0n) giveBack(draft, order, accountOf(order), 'bidding-over');
    else draft.putOrder({ ...moveOrder(order, 'closed'), checkout: null });
  }
}

/** Makes visible what is still missing when its time has passed; the money itself never moves by a clock. */
export function overdue(draft: Draft): void {
  for (const sale of draft.book.salesDue(draft.now)) {
    const what: NonNullable<Sale['overdue']> = sale.fundedAt === null ? 'price' : 'payees';
    draft.putSale({ ...sale, overdue: what, deadlineAt: null });
    draft.tell(saleOverdue, { saleId: sale.saleId, what }, sale.saleId);
  }
}
