import { z } from 'zod';
import { invalid, missingParam } from '../failure.ts';
import { given, listed, operation } from '../operation.ts';
import { amount, currency, list, metadata, page, text, whole } from '../params.ts';
import type { Session } from '../states.ts';
import { DAY_S, MAX_AMOUNT_FEN, mergeMetadata, newId, token } from '../wire.ts';
import type { Work } from '../work.ts';
import { methodTypeParams, methodTypesOf } from './method-types.ts';
import { cancel } from './paying.ts';
import { showSession } from './session-view.ts';

const MIN_LIFE_S = 30 * 60;

/** Any `{CHECKOUT_SESSION_ID}` in it is filled in when the buyer is sent there. */
const returnUrl = z.string().refine((value) => URL.canParse(value.replaceAll(/[{}]/g, '')), 'Not a valid URL');

const line = z.strictObject({
  price_data: z.strictObject({
    currency,
    unit_amount: amount,
    product_data: z.strictObject({ name: text, description: text.optional() }),
  }),
  quantity: whole.refine((value) => value >= 1, 'quantity must be at least 1').default(1),
});

const creation = {
  mode: z.literal('payment'),
  line_items: list(line),
  success_url: returnUrl,
  cancel_url: returnUrl.optional(),
  ...methodTypeParams,
  payment_method_options: z
    .strictObject({ wechat_pay: z.strictObject({ client: z.literal('web') }).optional() })
    .optional(),
  payment_intent_data: z
    .strictObject({
      capture_method: z.enum(['automatic', 'automatic_async', 'manual']).optional(),
      description: text.optional(),
      metadata: metadata.optional(),
      receipt_email: text.optional(),
      statement_descriptor: text.max(22).optional(),
      statement_descriptor_suffix: text.max(22).optional(),
      transfer_group: text.optional(),
    })
    .optional(),
  client_reference_id: text.max(200).optional(),
  customer: text.optional(),
  customer_email: text.optional(),
  expires_at: whole.optional(),
  locale: z.enum(['auto', 'en', 'zh', 'zh-HK', 'zh-TW']).optional(),
  metadata: metadata.optional(),
  submit_type: z.enum(['auto', 'pay']).optional(),
  ui_mode: z.literal('hosted_page').optional(),
};
type Creation = z.output<z.ZodObject<typeof creation>>;

function linesOf({ line_items: items }: Creation): Session['lines'] {
  if (items.length === 0) throw missingParam('line_items');
  return items.map(({ price_data: price, quantity }) => ({
    id: newId('li'),
    name: price.product_data.name,
    description: price.product_data.description ?? null,
    unitFen: String(price.unit_amount),
    quantity,
  }));
}

const totalOf = (lines: Session['lines']): bigint =>
  lines.reduce((total, { unitFen, quantity }) => total + BigInt(unitFen) * BigInt(quantity), 0n);

function intentDataOf({ payment_intent_data: data = {} }: Creation): Session['intentData'] {
  return {
    captureMethod: data.capture_method ?? 'automatic',
    description: data.description ?? null,
    metadata: mergeMetadata({}, data.metadata),
    receiptEmail: data.receipt_email ?? null,
    statementDescriptor: data.statement_descriptor ?? null,
    statementDescriptorSuffix: data.statement_descriptor_suffix ?? null,
    transferGroup: data.transfer_group ?? null,
  };
}

/** Throws Stripe's refusals of what is well formed but does not fit together. */
function check(work: Work, params: Creation, amountFen: bigint, expiresAt: number): void {
  if (amountFen > MAX_AMOUNT_FEN) {
    throw invalid('The Checkout Session total is more than ¥999,999.99.', 'amount_too_large', 'line_items');
  }
  if (params.payment_method_types?.includes('wechat_pay') && !params.payment_method_options?.wechat_pay?.client) {
    throw missingParam('payment_method_options[wechat_pay][client]');
  }
  if (expiresAt < work.now + MIN_LIFE_S || expiresAt > work.now + DAY_S) {
    const message =
      'The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.';
    throw invalid(message, undefined, 'expires_at');
  }
}

async function createSession(work: Work, params: Creation): Promise<Session> {
  const lines = linesOf(params);
  const amountFen = totalOf(lines);
  const expiresAt = params.expires_at ?? work.now + DAY_S;
  check(work, params, amountFen, expiresAt);
  if (params.customer) await work.need('customer', params.customer, 'customer');
  return work.put('checkout.session', {
    id: `cs_test_${token(58)}`,
    account: work.account,
    created: work.now,
    dueAt: expiresAt,
    status: 'open',
    paid: false,
    amountFen,
    lines,
    ...methodTypesOf(work, params, params.payment_intent_data?.capture_method === 'manual'),
    wechatClient: params.payment_method_options?.wechat_pay?.client ?? null,
    successUrl: params.success_url,
    cancelUrl: params.cancel_url ?? null,
    expiresAt,
    locale: params.locale ?? null,
    submitType: params.submit_type ?? null,
    clientReference: params.client_reference_id ?? null,
    customer: params.customer ?? null,
    customerEmail: params.customer_email ?? null,
    metadata: mergeMetadata({}, params.metadata),
    intent: null,
    intentData: intentDataOf(params),
  });
}

/** An open session ends without a payment; what was begun on it is canceled. */
export async function expireSession(work: Work, session: Session): Promise<Session> {
  const expired = work.put('checkout.session', { ...session, status: 'expired', dueAt: null });
  const intent = session.intent && (await work.trace('payment_intent', session.intent));
  if (intent && intent.status !== 'canceled') await cancel(work, intent, 'abandoned');
  work.tell('checkout.session.expired', showSession(expired, work.scene.publicUrl));
  return expired;
}

export const checkoutSessionOperations = [
  operation({
    name: 'checkout.sessions.create',
    method: 'POST',
    path: '/v1/checkout/sessions',
    params: creation,
    run: async (work, params) => showSession(await createSession(work, params), work.scene.publicUrl),
  }),
  operation({
    name: 'checkout.sessions.retrieve',
    method: 'GET',
    path: '/v1/checkout/sessions/:id',
    run: async (work, _, { id }) => showSession(await work.need('checkout.session', id!), work.scene.publicUrl),
  }),
  operation({
    name: 'checkout.sessions.list',
    method: 'GET',
    path: '/v1/checkout/sessions',
    params: {
      ...page,
      customer: text.optional(),
      payment_intent: text.optional(),
      status: z.enum(['complete', 'expired', 'open']).optional(),
    },
    run: (work, { customer, payment_intent: intent, status, ...params }) => {
      const filter = { match: given({ customer, intent, status }) };
      return listed(work, 'checkout.session', '/v1/checkout/sessions', params, filter, (session) =>
        showSession(session, work.scene.publicUrl),
      );
    },
  }),
  operation({
    name: 'checkout.sessions.expire',
    method: 'POST',
    path: '/v1/checkout/sessions/:id/expire',
    run: async (work, _, { id }) => {
      const session = await work.need('checkout.session', id!);
      if (session.status !== 'open') {
        throw invalid(`Only Checkout Sessions with a status in ["open"] can be expired. It has ${session.status}.`);
      }
      return showSession(await expireSession(work, session), work.scene.publicUrl);
    },
  }),
];
