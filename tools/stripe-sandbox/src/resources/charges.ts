import type Stripe from 'stripe';
import { given, listed, operation } from '../operation.ts';
import { page, text } from '../params.ts';
import type { Charge, Method } from '../states.ts';
import { toWire } from '../wire.ts';

function showCard(charge: Charge, method: Method): Stripe.Charge.PaymentMethodDetails.Card {
  return {
    amount_authorized: charge.status === 'succeeded' ? toWire(charge.amountFen) : null,
    authorization_code: null,
    brand: method.brand ?? null,
    ...(charge.captureBefore === null ? {} : { capture_before: charge.captureBefore }),
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'CN',
    electronic_commerce_indicator: null,
    exp_month: 12,
    exp_year: 2040,
    fingerprint: null,
    funding: 'credit',
    installments: null,
    last4: method.last4 ?? null,
    mandate: null,
    network: method.brand ?? null,
    network_transaction_id: null,
    regulated_status: null,
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  } satisfies Stripe.Charge.PaymentMethodDetails.Card;
}

function showMethod(charge: Charge): Stripe.Charge.PaymentMethodDetails | null {
  const { method } = charge;
  if (!method) return null;
  if (method.type === 'card') return { type: 'card', card: showCard(charge, method) };
  // A wallet's own number of the payment: invented, but the same at every look.
  const paid = { fingerprint: null, transaction_id: `sandbox${charge.id.slice(-16)}` };
  return { type: method.type, [method.type]: paid };
}

function showOutcome(charge: Charge): Stripe.Charge.Outcome {
  const failed = charge.status === 'failed';
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: failed ? 'declined_by_network' : 'approved_by_network',
    reason: failed ? charge.failureCode : null,
    seller_message: failed ? charge.failureMessage : 'Payment complete.',
    type: failed ? 'issuer_declined' : 'authorized',
  };
}

export function showCharge(charge: Charge): Stripe.Charge {
  return {
    id: charge.id,
    object: 'charge',
    amount: toWire(charge.amountFen),
    amount_captured: toWire(charge.capturedFen),
    amount_refunded: toWire(charge.refundedFen),
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: charge.balanceTransaction,
    billing_details: { address: null, email: charge.receiptEmail, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: charge.statementDescriptor,
    captured: charge.captured,
    created: charge.created,
    currency: 'cny',
    customer: charge.customer,
    description: charge.description,
    disputed: charge.dispute !== null,
    failure_balance_transaction: null,
    failure_code: charge.failureCode,
    failure_message: charge.failureMessage,
    fraud_details: {},
    livemode: false,
    metadata: charge.metadata,
    on_behalf_of: null,
    outcome: showOutcome(charge),
    paid: charge.status === 'succeeded',
    payment_intent: charge.intent,
    payment_method: charge.method?.id ?? null,
    payment_method_details: showMethod(charge),
    receipt_email: charge.receiptEmail,
    receipt_number: null,
    receipt_url: null,
    refunded: charge.refundedFen === charge.amountFen,
    review: null,
    shipping: null,
    source: null,
    source_transfer: charge.sourceTransfer,
    statement_descriptor: charge.statementDescriptor,
    statement_descriptor_suffix: charge.statementDescriptorSuffix,
    status: charge.status,
    transfer_data: null,
    transfer_group: charge.transferGroup,
  } satisfies Stripe.Charge;
}

export const chargeOperations = [
  operation({
    name: 'charges.retrieve',
    method: 'GET',
    path: '/v1/charges/:id',
    connected: true,
    run: async (work, _, { id }) => showCharge(await work.need('charge', id!)),
  }),
  operation({
    name: 'charges.list',
    method: 'GET',
    path: '/v1/charges',
    connected: true,
    params: {
      ...page,
      customer: text.optional(),
      payment_intent: text.optional(),
      transfer_group: text.optional(),
    },
    run: (work, { customer, payment_intent: intent, transfer_group: transferGroup, ...params }) => {
      const filter = { match: given({ customer, intent, transferGroup }) };
      return listed(work, 'charge', '/v1/charges', params, filter, showCharge);
    },
  }),
];
