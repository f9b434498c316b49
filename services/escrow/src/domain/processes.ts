import { defineProcess, type Process } from '@yuzhi/chassis/process';

/** What a party is asked to pay, until the money has gone where it belongs. */
export const orderProcess = defineProcess('order', {
  states: ['open', 'paid', 'returning', 'returned', 'applied', 'closed'],
  initial: 'open',
  transitions: [
    { from: 'open', on: 'paid', to: 'paid' },
    { from: 'open', on: 'closed', to: 'closed' },
    // Paid in part when the bidding ended.
    { from: 'open', on: 'given-back', to: 'returning' },
    { from: 'paid', on: 'given-back', to: 'returning' },
    { from: 'paid', on: 'applied', to: 'applied' },
    { from: 'returning', on: 'refunded', to: 'returned' },
    // The bank sent the refund back.
    { from: 'returned', on: 'refund-failed', to: 'returning' },
  ],
  final: ['applied', 'closed'],
  // A price stays paid: it is the sale that goes on.
  rests: ['paid', 'returned'],
});
export type OrderState = (typeof orderProcess.states)[number];

/**
 * A call of the payment rail. waiting: for its payee. intended: the call is to be made. sent: the rail has it. done.
 * failed: it ended without effect. blocked: the rail says no for good, and a person must look.
 */
export const operationProcess = defineProcess('rail-operation', {
  states: ['waiting', 'intended', 'sent', 'done', 'failed', 'blocked'],
  initial: 'waiting',
  transitions: [
    { from: 'waiting', on: 'intended', to: 'intended' },
    { from: 'intended', on: 'taken', to: 'sent' },
    { from: 'sent', on: 'done', to: 'done' },
    ...(['intended', 'sent'] as const).map((from) => ({ from, on: 'ended', to: 'failed' }) as const),
    // A bank may return what it had called paid; what blocked it a person may have put right.
    ...(['intended', 'sent', 'done', 'blocked'] as const).map(
      (from) => ({ from, on: 'repeated', to: 'intended' }) as const,
    ),
    ...(['intended', 'sent', 'done'] as const).map((from) => ({ from, on: 'blocked', to: 'blocked' }) as const),
  ],
  final: ['failed'],
  rests: ['done'],
});
export type OperationState = (typeof operationProcess.states)[number];

/** A payee's part of the price, as its sale shows it. */
export const payoutProcess = defineProcess('payout', {
  states: ['waiting', 'transferring', 'paying-out', 'paid', 'blocked'],
  initial: 'waiting',
  transitions: [
    { from: 'waiting', on: 'payee-ready', to: 'transferring' },
    { from: 'transferring', on: 'transferred', to: 'paying-out' },
    { from: 'paying-out', on: 'paid', to: 'paid' },
    { from: 'transferring', on: 'repeated', to: 'transferring' },
    ...(['paying-out', 'paid'] as const).map((from) => ({ from, on: 'repeated', to: 'paying-out' }) as const),
    ...(['transferring', 'paying-out', 'paid'] as const).map(
      (from) => ({ from, on: 'blocked', to: 'blocked' }) as const,
    ),
    { from: 'blocked', on: 'transfer-retried', to: 'transferring' },
    { from: 'blocked', on: 'payout-retried', to: 'paying-out' },
  ],
  final: [],
  rests: ['paid'],
});
export type PayoutState = (typeof payoutProcess.states)[number];
export type PayoutMove = Parameters<typeof payoutProcess.next>[1];

/** Whoever is paid, on his way to an account with the rail. */
export const payeeProcess = defineProcess('payee', {
  states: ['opening', 'onboarding', 'ready'],
  initial: 'opening',
  transitions: [
    { from: 'opening', on: 'opened', to: 'onboarding' },
    { from: 'onboarding', on: 'enabled', to: 'ready' },
  ],
  final: ['ready'],
});
export type PayeeState = (typeof payeeProcess.states)[number];

/** Throws TypeError on a move that the table does not have. */
export function moved<S extends string, E extends string>(process: Process<S, E>, id: string, state: S, on: E): S {
  const to = process.next(state, on);
  if (to === undefined) throw new TypeError(`${process.name} ${id} is ${state} and cannot be ${on}`);
  return to;
}
