import { formatExact } from '@yuzhi/money/format';
import type Stripe from 'stripe';
import { z } from 'zod';
import { invalid, missingParam } from '../failure.ts';
import { given, listed, operation } from '../operation.ts';
import { amount, metadata, page, text } from '../params.ts';
import type { Charge, MethodType, Refund } from '../states.ts';
import { DAY_S, mergeMetadata, newId, toWire } from '../wire.ts';
import type { Work } from '../work.ts';
import { balanceOf, post } from './balances.ts';
import { showCharge } from './charges.ts';

/** Days after the payment in which its method can be refunded. */
const WINDOW_DAYS: Partial<Record<MethodType, number>> = { alipay: 90, wechat_pay: 180 };
/** A refund that waits for funds looks again after this time. */
const FUNDS_CHECK_S = DAY_S;

export function showRefund(refund: Refund): Stripe.Refund {
  return {
    id: refund.id,
    object: 'refund',
    amount: toWire(refund.amountFen),
    balance_transaction: refund.balanceTransaction,
    charge: refund.charge,
    created: refund.created,
    currency: 'cny',
    customer: null,
    customer_account: null,
    ...(refund.failureBalanceTransaction && {
      failure_balance_transaction: refund.failureBalanceTransaction,
      failure_reason: 'declined',
    }),
    metadata: refund.metadata,
    payment_intent: refund.intent,
    payment_method: null,
    ...(refund.pendingReason && { pending_reason: refund.pendingReason }),
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  } satisfies Stripe.Refund;
}

async function chargeToRefund(work: Work, chargeId?: string, intentId?: string): Promise<Charge> {
  if (chargeId) return work.need('charge', chargeId, 'charge');
  if (!intentId) throw missingParam('payment_intent');
  const intent = await work.need('payment_intent', intentId, 'payment_intent');
  const charge = intent.charge ? await work.trace('charge', intent.charge) : undefined;
  if (charge?.status === 'succeeded') return charge;
  const message = 'This PaymentIntent does not have a successful charge to refund.';
  throw invalid(message, 'payment_intent_unexpected_state');
}

function refundable(work: Work, charge: Charge, asked?: bigint): bigint {
  const leftFen = charge.capturedFen - charge.refundedFen;
  if (charge.status !== 'succeeded') throw invalid(`Charge ${charge.id} has failed.`, 'charge_not_refundable');
  if (!charge.captured) {
    throw invalid(`Charge ${charge.id} is not captured: cancel its PaymentIntent.`, 'charge_not_refundable');
  }
  if (charge.dispute)
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, 'charge_disputed');
  if (leftFen === 0n) throw invalid(`Charge ${charge.id} has already been refunded.`, 'charge_already_refunded');
  const days = charge.method && WINDOW_DAYS[charge.method.type];
  if (days !== undefined && days !== null && work.now > charge.created + days * DAY_S) {
    const message = `${charge.method!.type} payments can be refunded for ${days} days only.`;
    throw invalid(message, 'charge_not_refundable', 'charge');
  }
  const amountFen = asked ?? leftFen;
  if (amountFen <= leftFen) return amountFen;
  const sums = [amountFen, leftFen].map((fen) => formatExact(fen));
  throw invalid(
    `Refund amount (${sums[0]}) is greater than unrefunded amount on charge (${sums[1]})`,
    undefined,
    'amount',
  );
}

/** Takes the money from where the charge's own funds are; answers undefined while there is not enough of it. */
async function withdraw(work: Work, refund: Refund, charge: Charge): Promise<Refund | undefined> {
  const settled = (charge.availableOn ?? 0) <= work.now;
  if (settled && (await balanceOf(work, charge.account)).availableFen < refund.amountFen) return undefined;
  const asynchronous = charge.method?.type !== 'card';
  const transaction = await post(work, {
    account: charge.account,
    flow: 'refund',
    type: asynchronous ? 'payment_refund' : 'refund',
    amountFen: -refund.amountFen,
    source: refund.id,
    availableOn: settled ? work.now : charge.availableOn!,
  });
  return {
    ...refund,
    balanceTransaction: transaction.id,
    status: asynchronous ? 'pending' : 'succeeded',
    pendingReason: asynchronous ? 'processing' : null,
    dueAt: asynchronous ? work.now + work.settings.refundSeconds : null,
  };
}

async function createRefund(work: Work, charge: Charge, part: Pick<Refund, 'metadata' | 'reason'>, asked?: bigint) {
  const amountFen = refundable(work, charge, asked);
  const waiting: Refund = {
    id: newId(charge.method?.type === 'card' ? 're' : 'pyr'),
    account: charge.account,
    created: work.now,
    dueAt: work.now + FUNDS_CHECK_S,
    status: 'pending',
    pendingReason: 'insufficient_funds',
    amountFen,
    charge: charge.id,
    intent: charge.intent,
    balanceTransaction: null,
    failureBalanceTransaction: null,
    ...part,
  };
  const refund = work.put('refund', (await withdraw(work, waiting, charge)) ?? waiting);
  const after = work.put('charge', { ...charge, refundedFen: charge.refundedFen + amountFen });
  work.tell('charge.refunded', showCharge(after));
  work.tell('refund.created', showRefund(refund));
  return showRefund(refund);
}

/** Time has passed: a wallet has confirmed the refund, or funds may have come in for it. */
export async function continueRefund(work: Work, refund: Refund): Promise<void> {
  if (refund.balanceTransaction === null) {
    const charge = await work.trace('charge', refund.charge);
    const moved = await withdraw(work, refund, charge);
    work.put('refund', moved ?? { ...refund, dueAt: work.now + FUNDS_CHECK_S });
    if (moved) tellUpdated(work, moved);
    return;
  }
  tellUpdated(work, work.put('refund', { ...refund, status: 'succeeded', pendingReason: null, dueAt: null }));
}

/** The payer's bank sends the money back; it may do so after the refund has been called done. */
export async function failRefund(work: Work, refund: Refund): Promise<Refund> {
  if (refund.status === 'failed' || !refund.balanceTransaction) throw invalid(`This refund is ${refund.status}.`);
  const charge = await work.trace('charge', refund.charge);
  const { account, amountFen, id: source } = refund;
  const credit = await post(work, { account, flow: 'refund-returned', type: 'refund_failure', amountFen, source });
  work.put('charge', { ...charge, refundedFen: charge.refundedFen - amountFen });
  const failed = { ...refund, status: 'failed', pendingReason: null, dueAt: null } as const;
  const told = work.put('refund', { ...failed, failureBalanceTransaction: credit.id });
  tellUpdated(work, told);
  work.tell('refund.failed', showRefund(told));
  return told;
}

function tellUpdated(work: Work, refund: Refund): void {
  work.tell('refund.updated', showRefund(refund));
  work.tell('charge.refund.updated', showRefund(refund));
}

export const refundOperations = [
  operation({
    name: 'refunds.create',
    method: 'POST',
    path: '/v1/refunds',
    params: {
      amount: amount.optional(),
      charge: text.optional(),
      payment_intent: text.optional(),
      metadata: metadata.optional(),
      reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
    },
    run: async (work, params) => {
      const charge = await chargeToRefund(work, params.charge, params.payment_intent);
      const part = { metadata: mergeMetadata({}, params.metadata), reason: params.reason ?? null };
      return createRefund(work, charge, part, params.amount);
    },
  }),
  operation({
    name: 'refunds.retrieve',
    method: 'GET',
    path: '/v1/refunds/:id',
    run: async (work, _, { id }) => showRefund(await work.need('refund', id!)),
  }),
  operation({
    name: 'refunds.list',
    method: 'GET',
    path: '/v1/refunds',
    params: { ...page, charge: text.optional(), payment_intent: text.optional() },
    run: (work, { charge, payment_intent: intent, ...params }) => {
      const filter = { match: given({ charge, intent }) };
      return listed(work, 'refund', '/v1/refunds', params, filter, showRefund);
    },
  }),
];
