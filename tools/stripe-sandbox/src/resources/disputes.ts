import type Stripe from 'stripe';
import { invalid } from '../failure.ts';
import { given, listed, operation } from '../operation.ts';
import { page, text } from '../params.ts';
import type { Charge, Dispute } from '../states.ts';
import { DAY_S, newId, toWire } from '../wire.ts';
import type { Work } from '../work.ts';
import { post, showBalanceTransaction } from './balances.ts';
import { showCharge } from './charges.ts';

const EVIDENCE: Stripe.Dispute.Evidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};

export async function showDispute(work: Work, dispute: Dispute): Promise<Stripe.Dispute> {
  const transactions = dispute.balanceTransactions.map((id) => work.trace('balance_transaction', id));
  return {
    id: dispute.id,
    object: 'dispute',
    amount: toWire(dispute.amountFen),
    balance_transactions: (await Promise.all(transactions)).map(showBalanceTransaction),
    charge: dispute.charge,
    created: dispute.created,
    currency: 'cny',
    enhanced_eligibility_types: [],
    evidence: EVIDENCE,
    evidence_details: {
      due_by: dispute.created + 7 * DAY_S,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: dispute.metadata,
    payment_intent: dispute.intent,
    reason: dispute.reason,
    status: dispute.status,
  } satisfies Stripe.Dispute;
}

/** The card holder disputes the charge: its amount leaves the platform's balance at once, even below zero. */
export async function openDispute(work: Work, charge: Charge, reason = 'fraudulent'): Promise<Stripe.Dispute> {
  if (charge.method?.type !== 'card') throw invalid('Only card payments can be disputed.');
  if (!charge.captured || charge.dispute) throw invalid('This charge cannot be disputed.', 'charge_disputed');
  const amountFen = charge.capturedFen - charge.refundedFen;
  if (amountFen === 0n) throw invalid('This charge has been refunded.', 'charge_already_refunded');
  const id = newId('du');
  const withdrawal = await post(work, {
    account: charge.account,
    flow: 'dispute',
    type: 'adjustment',
    amountFen: -amountFen,
    source: id,
    description: `Chargeback withdrawal for ${charge.id}`,
  });
  work.put('charge', { ...charge, dispute: id });
  const dispute = work.put('dispute', {
    id,
    account: charge.account,
    created: work.now,
    status: 'needs_response',
    amountFen,
    charge: charge.id,
    intent: charge.intent,
    reason,
    metadata: {},
    balanceTransactions: [withdrawal.id],
  });
  const shown = await showDispute(work, dispute);
  work.tell('charge.dispute.created', shown);
  work.tell('charge.dispute.funds_withdrawn', shown);
  work.tell('charge.updated', showCharge({ ...charge, dispute: id }));
  return shown;
}

export async function closeDispute(work: Work, dispute: Dispute, status: 'lost' | 'won'): Promise<Stripe.Dispute> {
  if (dispute.status !== 'needs_response') throw invalid('This dispute is already closed.');
  const balanceTransactions = [...dispute.balanceTransactions];
  if (status === 'won') {
    const returned = await post(work, {
      account: dispute.account,
      flow: 'dispute',
      type: 'adjustment',
      amountFen: dispute.amountFen,
      source: dispute.id,
      description: `Chargeback reversal for ${dispute.charge}`,
    });
    balanceTransactions.push(returned.id);
  }
  const shown = await showDispute(work, work.put('dispute', { ...dispute, status, balanceTransactions }));
  if (status === 'won') work.tell('charge.dispute.funds_reinstated', shown);
  work.tell('charge.dispute.closed', shown);
  return shown;
}

export const disputeOperations = [
  operation({
    name: 'disputes.retrieve',
    method: 'GET',
    path: '/v1/disputes/:id',
    run: async (work, _, { id }) => showDispute(work, await work.need('dispute', id!)),
  }),
  operation({
    name: 'disputes.list',
    method: 'GET',
    path: '/v1/disputes',
    params: { ...page, charge: text.optional(), payment_intent: text.optional() },
    run: (work, { charge, payment_intent: intent, ...params }) => {
      const filter = { match: given({ charge, intent }) };
      return listed(work, 'dispute', '/v1/disputes', params, filter, (state) => showDispute(work, state));
    },
  }),
  operation({
    name: 'disputes.close',
    method: 'POST',
    path: '/v1/disputes/:id/close',
    run: async (work, _, { id }) => closeDispute(work, await work.need('dispute', id!), 'lost'),
  }),
];
