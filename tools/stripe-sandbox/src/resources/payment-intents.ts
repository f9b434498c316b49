import type Stripe from 'stripe';
import { z } from 'zod';
import { invalid } from '../failure.ts';
import { given, listed, operation } from '../operation.ts';
import { amount, currency, emptyable, flag, metadata, page, text, url } from '../params.ts';
import type { Intent, Method, MethodType } from '../states.ts';
import { mergeMetadata, newId, token } from '../wire.ts';
import type { Work } from '../work.ts';
import { showIntent } from './intent-view.ts';
import { methodTypeParams, methodTypesOf } from './method-types.ts';
import { testCard, walletMethod } from './methods.ts';
import { cancel, capture, chargeCard, sendToWallet } from './paying.ts';

/** What both this API and a checkout session ask for when they make a payment intent. */
type NewIntent = Pick<Intent, 'allowedTypes' | 'amountFen' | 'methodTypes'> & Partial<Intent>;

export function createIntent(work: Work, part: NewIntent): Intent {
  const id = newId('pi');
  const intent = work.put('payment_intent', {
    id,
    account: work.account,
    created: work.now,
    status: 'requires_payment_method',
    capturableFen: 0n,
    receivedFen: 0n,
    captureMethod: 'automatic',
    wechatClient: null,
    method: null,
    returnUrl: null,
    secret: `${id}_secret_${token(25)}`,
    description: null,
    statementDescriptor: null,
    statementDescriptorSuffix: null,
    receiptEmail: null,
    customer: null,
    metadata: {},
    transferGroup: null,
    charge: null,
    session: null,
    lastError: null,
    canceledAt: null,
    cancellationReason: null,
    ...part,
  });
  work.tell('payment_intent.created', showIntent(intent, work.scene.publicUrl));
  return intent;
}

const confirmation = {
  payment_method: text.optional(),
  payment_method_data: z.strictObject({ type: z.enum(['alipay', 'wechat_pay']) }).optional(),
  payment_method_options: z
    .strictObject({ wechat_pay: z.strictObject({ client: z.enum(['web', 'mobile_web']) }).optional() })
    .optional(),
  return_url: url.optional(),
};
type Confirmation = z.output<z.ZodObject<typeof confirmation>>;

const described = {
  description: text.optional(),
  metadata: metadata.optional(),
  receipt_email: emptyable(text).optional(),
  statement_descriptor: text.max(22).optional(),
  statement_descriptor_suffix: text.max(22).optional(),
  transfer_group: text.optional(),
  customer: text.optional(),
  ...methodTypeParams,
};
type Described = z.output<z.ZodObject<typeof described>>;

/** The parameters that were given, as fields of the state. */
async function fieldsOf(work: Work, params: Described & Confirmation, isManual: boolean): Promise<Partial<Intent>> {
  const retyped = params.payment_method_types ?? params.allowed_payment_method_types;
  if (params.customer) await work.need('customer', params.customer, 'customer');
  return given({
    description: params.description,
    receiptEmail: params.receipt_email,
    statementDescriptor: params.statement_descriptor,
    statementDescriptorSuffix: params.statement_descriptor_suffix,
    transferGroup: params.transfer_group,
    customer: params.customer,
    ...(retyped && methodTypesOf(work, params, isManual)),
    returnUrl: params.return_url,
    wechatClient: params.payment_method_options?.wechat_pay?.client,
  });
}

const CONFIRMABLE = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

const unexpected = (intent: Intent, verb: string) =>
  invalid(
    `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`,
    'payment_intent_unexpected_state',
  );

function requireType(intent: Intent, type: MethodType): void {
  if (intent.methodTypes.includes(type)) return;
  const message = `This PaymentIntent does not accept ${type}: its types are ${intent.methodTypes.join(', ')}.`;
  throw invalid(message, 'payment_intent_incompatible_payment_method', 'payment_method');
}

async function confirm(work: Work, intent: Intent, params: Confirmation): Promise<Intent> {
  if (!CONFIRMABLE.includes(intent.status)) throw unexpected(intent, 'confirm');
  if (params.payment_method) {
    const card = testCard(params.payment_method);
    requireType(intent, 'card');
    return chargeCard(work, intent, card);
  }
  const type = params.payment_method_data?.type;
  const method: Method | null = type ? walletMethod(type) : intent.method;
  if (!method) {
    const message = 'You cannot confirm this PaymentIntent because it is missing a payment method.';
    throw invalid(message, 'payment_intent_unexpected_state');
  }
  requireType(intent, method.type);
  return sendToWallet(work, intent, method);
}

const show = (work: Work, intent: Intent): Stripe.PaymentIntent => showIntent(intent, work.scene.publicUrl);

const createAndConfirm = [
  operation({
    name: 'payment_intents.create',
    method: 'POST',
    path: '/v1/payment_intents',
    params: {
      ...described,
      ...confirmation,
      amount,
      currency,
      confirm: flag.optional(),
      capture_method: z.enum(['automatic', 'automatic_async', 'manual']).default('automatic'),
    },
    run: async (work, params) => {
      const isManual = params.capture_method === 'manual';
      const intent = createIntent(work, {
        amountFen: params.amount,
        captureMethod: params.capture_method,
        metadata: mergeMetadata({}, params.metadata),
        ...methodTypesOf(work, params, isManual),
        ...(await fieldsOf(work, params, isManual)),
      });
      if (params.confirm) return show(work, await confirm(work, intent, params));
      return show(work, intent);
    },
  }),
  operation({
    name: 'payment_intents.update',
    method: 'POST',
    path: '/v1/payment_intents/:id',
    params: { ...described, amount: amount.optional() },
    run: async (work, { amount: amountFen, ...params }, { id }) => {
      const intent = await work.need('payment_intent', id!);
      const { metadata: patch, description, ...others } = params;
      const closed = !CONFIRMABLE.includes(intent.status);
      if (closed && (amountFen !== undefined || Object.values(given(others)).length > 0)) {
        throw unexpected(intent, 'update');
      }
      const isManual = intent.captureMethod === 'manual';
      const fields = { ...(await fieldsOf(work, params, isManual)), ...given({ amountFen, description }) };
      return show(
        work,
        work.put('payment_intent', { ...intent, ...fields, metadata: mergeMetadata(intent.metadata, patch) }),
      );
    },
  }),
  operation({
    name: 'payment_intents.confirm',
    method: 'POST',
    path: '/v1/payment_intents/:id/confirm',
    params: confirmation,
    run: async (work, params, { id }) => {
      const intent = await work.need('payment_intent', id!);
      const fields = await fieldsOf(work, params, intent.captureMethod === 'manual');
      return show(work, await confirm(work, { ...intent, ...fields }, params));
    },
  }),
];

const captureAndCancel = [
  operation({
    name: 'payment_intents.capture',
    method: 'POST',
    path: '/v1/payment_intents/:id/capture',
    params: { amount_to_capture: amount.optional() },
    run: async (work, params, { id }) =>
      show(work, await capture(work, await work.need('payment_intent', id!), params.amount_to_capture)),
  }),
  operation({
    name: 'payment_intents.cancel',
    method: 'POST',
    path: '/v1/payment_intents/:id/cancel',
    params: {
      cancellation_reason: z.enum(['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer']).optional(),
    },
    run: async (work, params, { id }) => {
      const intent = await work.need('payment_intent', id!);
      if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpected(intent, 'cancel');
      const session = intent.session && (await work.trace('checkout.session', intent.session));
      if (session && session.status === 'open') {
        throw invalid('This PaymentIntent belongs to an open Checkout Session: expire the session instead.');
      }
      return show(work, await cancel(work, intent, params.cancellation_reason ?? null));
    },
  }),
];

export const paymentIntentOperations = [
  ...createAndConfirm,
  ...captureAndCancel,
  operation({
    name: 'payment_intents.retrieve',
    method: 'GET',
    path: '/v1/payment_intents/:id',
    run: async (work, _, { id }) => show(work, await work.need('payment_intent', id!)),
  }),
  operation({
    name: 'payment_intents.list',
    method: 'GET',
    path: '/v1/payment_intents',
    params: { ...page, customer: text.optional() },
    run: (work, { customer, ...params }) => {
      const filter = { match: given({ customer }) };
      return listed(work, 'payment_intent', '/v1/payment_intents', params, filter, (intent) => show(work, intent));
    },
  }),
];
