import type { DataOf } from '@yuzhi/protocol/declare';
import type { moneySentBack } from '@yuzhi/protocol/escrow';
import {
  moved,
  operationProcess,
  type OperationState,
  orderProcess,
  type OrderState,
  payeeProcess,
  type PayeeState,
  type PayoutState,
} from './processes.ts';

/** Why money goes back that nobody asked back. */
export type Unwanted = DataOf<typeof moneySentBack>['reason'];

/** A payment that came in on an order. */
export interface Payment {
  operationId: string;
  amountFen: bigint;
  /** What of it has been sent back or is on its way. */
  refundedFen: bigint;
}
/** A part of a payment that goes back. */
export interface Refund {
  operationId: string;
  amountFen: bigint;
  isDone: boolean;
  /** Why it was more than what was asked for; null when it is the order itself that is given back. */
  surplus: Unwanted | null;
}

/** What a party is asked to pay, and what became of the money. */
export interface Order {
  id: string;
  saleId: string;
  payer: string;
  purpose: 'deposit' | 'price';
  amountFen: bigint;
  paidFen: bigint;
  state: OrderState;
  openedAt: number;
  dueAt: number | null;
  /** How many sessions on the rail's hosted page were begun. */
  sessions: number;
  /** The one that is open; its address is known once the rail has answered. */
  checkout: { operationId: string; amountFen: bigint; url: string | null } | null;
  payments: readonly Payment[];
  refunds: readonly Refund[];
  /** Why it goes back by itself; null when somebody asked for it. */
  sentBackFor: Unwanted | null;
  stuck: { reason: string; since: number } | null;
  version: number;
}

/** A part of what a payee gets: the rail moves only so much at once. */
export interface Payout {
  party: string;
  part: number;
  amountFen: bigint;
  state: PayoutState;
  reason: string | null;
}
export interface ReleasedSplit {
  feeFen: bigint;
  costsFen: bigint;
  netFen: bigint;
  sellerFen: bigint;
  inventors: readonly { party: string; amountFen: bigint }[];
  rulebookVersion: string;
}

/** The money of one trade. */
export interface Sale {
  saleId: string;
  buyer: string | null;
  seller: string | null;
  /** Null until its price is expected: before that there are only deposits. */
  priceFen: bigint | null;
  fundedAt: number | null;
  registration: { on: string; owner: string | null } | null;
  releasedAt: number | null;
  settledAt: number | null;
  split: ReleasedSplit | null;
  payouts: readonly Payout[];
  /** What was still missing when its time had passed. */
  overdue: 'price' | 'payees' | null;
  deadlineAt: number | null;
  /** It holds money or waits for something: it stays in memory. */
  isOpen: boolean;
  version: number;
}

export interface Payee {
  party: string;
  state: PayeeState;
  /** The rail's name of the account. */
  account: string | null;
  onboardingUrl: string | null;
  /** How many links were made. */
  links: number;
  version: number;
}

export type OperationKind = 'checkout' | 'refund' | 'payee' | 'link' | 'transfer' | 'payout';
/** Something the payment rail does for us, once. */
export interface Operation {
  id: string;
  kind: OperationKind;
  saleId: string | null;
  orderId: string | null;
  party: string;
  amountFen: bigint;
  /** Platform time. */
  madeAt: number;
  /** Each attempt has its own idempotency key. */
  attempt: number;
  state: OperationState;
  /** The rail's name of the object that the present attempt made. */
  railId: string | null;
  /** Of the latest state of that object that we know; it only rises. */
  rank: number;
  /** transfer, payout, link: the rail's name of the payee's account. */
  payeeAccount: string | null;
  /** refund: the rail's name of the payment. checkout: of the payment that was made on it. */
  paymentId: string | null;
  /** refund: the account of the book that the money leaves. */
  bookAccount: string | null;
  returnUrl: string | null;
  reason: string | null;
  /** Since when the rail has refused it for now, platform time; null: it has not. */
  refusedSince: number | null;
  version: number;
}

export const moveOrder = (order: Order, on: Parameters<typeof orderProcess.next>[1]): Order => ({
  ...order,
  state: moved(orderProcess, order.id, order.state, on),
});
export const moveOperation = (operation: Operation, on: Parameters<typeof operationProcess.next>[1]): Operation => ({
  ...operation,
  state: moved(operationProcess, operation.id, operation.state, on),
});
export const movePayee = (payee: Payee, on: Parameters<typeof payeeProcess.next>[1]): Payee => ({
  ...payee,
  state: moved(payeeProcess, payee.party, payee.state, on),
});

/** The rail's idempotency key, and by what its objects are known again: at most 255 characters. */
export const keyOf = ({ id, attempt }: Pick<Operation, 'id' | 'attempt'>): string => `${id}#${attempt}`;
/** Undefined when it is none of our keys. */
export function readKey(key: string): { id: string; attempt: number } | undefined {
  const found = /^(.+)#(\d{1,9})$/.exec(key);
  return found ? { id: found[1]!, attempt: Number(found[2]) } : undefined;
}

const OPEN_ORDERS: readonly OrderState[] = ['open', 'paid', 'returning'];
const ENDED: readonly OperationState[] = ['done', 'failed'];
export const isOrderOpen = ({ state, purpose }: Order): boolean =>
  OPEN_ORDERS.includes(state) && !(purpose === 'price' && state === 'paid');
export const isOperationOpen = ({ state }: Operation): boolean => !ENDED.includes(state);
