import { describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { expectStripeMockToAccept, refusal, useSandbox } from './testing/sandbox-under-test.ts';

const DAY = 86_400;
const sandbox = useSandbox();

const deposit = (extra: Partial<Stripe.Checkout.SessionCreateParams> = {}): Stripe.Checkout.SessionCreateParams => ({
  mode: 'payment',
  line_items: [
    {
      price_data: {
        currency: 'cny',
        unit_amount: 5_000_000,
        product_data: { name: '竞价保证金', description: '第 7 号标的' },
      },
      quantity: 1,
    },
  ],
  success_url: 'https://yuzhi.example/paid?session={CHECKOUT_SESSION_ID}',
  cancel_url: 'https://yuzhi.example/lots/7',
  allowed_payment_method_types: ['alipay', 'wechat_pay', 'card'],
  payment_intent_data: { transfer_group: 'dep:7:org', metadata: { lot: '7' }, description: '保证金' },
  metadata: { purpose: 'deposit' },
  client_reference_id: 'op-1',
  ...extra,
});

const open = () => sandbox.stripe.checkout.sessions.create(deposit());

const press = (url: string, form: Record<string, string>) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });

describe('a checkout session', () => {
  it('is paid on its page, which sends the buyer to the success address', async () => {
    const session = await open();
    expect(session).toMatchObject({ status: 'open', payment_status: 'unpaid', livemode: false, payment_intent: null });
    const pressed = await press(session.url!, { method: 'alipay', outcome: 'succeeded' });
    expect(pressed.status).toBe(303);
    expect(pressed.headers.get('location')).toBe(`https://yuzhi.example/paid?session=${session.id}`);

    const expand = ['payment_intent.latest_charge.balance_transaction'];
    const paid = await sandbox.stripe.checkout.sessions.retrieve(session.id, { expand });
    expect(paid).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      url: null,
      metadata: { purpose: 'deposit' },
    });
    const intent = paid.payment_intent as Stripe.PaymentIntent;
    expect(intent).toMatchObject({ status: 'succeeded', amount_received: 5_000_000, transfer_group: 'dep:7:org' });
    expect(intent.metadata).toEqual({ lot: '7' });
    const charge = intent.latest_charge as Stripe.Charge;
    expect(charge).toMatchObject({ paid: true, captured: true, payment_method_details: { type: 'alipay' } });
    expect(charge.balance_transaction).toMatchObject({ amount: 5_000_000, fee: 0, net: 5_000_000, status: 'pending' });
  });

  it('stays open after a failed payment, whose page says so, and can then be paid another way', async () => {
    const session = await open();
    const failed = await press(session.url!, { method: 'wechat_pay', outcome: 'failed' });
    expect(failed.status).toBe(200);
    expect(await failed.text()).toContain('付款没有成功');
    expect((await sandbox.stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');
    const pressed = await press(session.url!, { method: 'card', outcome: 'succeeded' });
    expect(pressed.status).toBe(303);
    const paid = await sandbox.stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] });
    expect(paid.payment_intent).toMatchObject({ status: 'succeeded', amount_received: 5_000_000 });
  });

  it('cannot be paid twice', async () => {
    const session = await open();
    await press(session.url!, { method: 'alipay', outcome: 'succeeded' });
    const second = await press(session.url!, { method: 'alipay', outcome: 'succeeded' });
    expect(second.status).toBe(410);
    expect((await sandbox.summary()).difference_fen).toBe('0');
    const { data } = await sandbox.stripe.checkout.sessions.list({ limit: 1 });
    const charges = await sandbox.stripe.charges.list({ payment_intent: data[0]!.payment_intent as string });
    expect(charges.data).toHaveLength(1);
  });

  it('lets the buyer go back without paying', async () => {
    const session = await open();
    const pressed = await press(`${session.url}/cancel`, {});
    expect([pressed.status, pressed.headers.get('location')]).toEqual([303, 'https://yuzhi.example/lots/7']);
    expect((await sandbox.stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');
  });

  it('expires when it is told to, or after a day, and then cannot be paid', async () => {
    const [told, left] = [await open(), await open()];
    expect((await sandbox.stripe.checkout.sessions.expire(told.id)).status).toBe('expired');
    await sandbox.advance(DAY + 1);
    expect((await sandbox.stripe.checkout.sessions.retrieve(left.id)).status).toBe('expired');
    for (const session of [told, left]) expect((await press(session.url!, { method: 'alipay' })).status).toBe(410);
    expect((await refusal(sandbox.stripe.checkout.sessions.expire(told.id))).message).toContain('["open"]');
  });

  it('is paid by the control interface as on its page', async () => {
    const session = await open();
    const pay = { session: session.id, method: 'wechat_pay', outcome: 'succeeded' };
    expect(await sandbox.control('POST', '/pay', pay)).toMatchObject({ status: 'complete', payment_status: 'paid' });
  });

  it('is refused a total of more than eight digits', async () => {
    const price = { currency: 'cny', unit_amount: 50_000_000, product_data: { name: '专利' } };
    const dear = deposit({ line_items: [{ price_data: price, quantity: 2 }] });
    expect((await refusal(sandbox.stripe.checkout.sessions.create(dear))).code).toBe('amount_too_large');
  });
});

describe('a payment intent', () => {
  const create = (types: string[], extra: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
    sandbox.stripe.paymentIntents.create({
      amount: 1_000,
      currency: 'cny',
      allowed_payment_method_types: types,
      ...extra,
    });

  it('refuses payment_method_types, as the pinned API version does, and takes them from an older client', async () => {
    const older = sandbox.client('sk_test_yuzhi', { apiVersion: '2026-08-26.dahlia' as Stripe.LatestApiVersion });
    const params = { amount: 1_000, currency: 'cny', payment_method_types: ['alipay', 'card'] };
    const refused = await refusal(sandbox.stripe.paymentIntents.create(params));
    expect(refused.code).toBe('payment_method_types_no_longer_supported');
    expect((await older.paymentIntents.create(params)).payment_method_types).toEqual(['alipay', 'card']);
  });

  it('sends the buyer to Alipay and back', async () => {
    const intent = await create(['alipay'], {
      payment_method_data: { type: 'alipay' },
      confirm: true,
      return_url: 'https://yuzhi.example/back',
    });
    expect(intent.status).toBe('requires_action');
    const { url } = intent.next_action!.alipay_handle_redirect!;
    const pressed = await press(url!, { outcome: 'succeeded' });
    const back = new URL(pressed.headers.get('location')!);
    expect(back.searchParams.get('redirect_status')).toBe('succeeded');
    expect(back.searchParams.get('payment_intent')).toBe(intent.id);
    expect((await sandbox.stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
  });

  it('goes back to needing a payment method when the buyer refuses in the wallet', async () => {
    const options = { payment_method_options: { wechat_pay: { client: 'web' } } } as const;
    const intent = await create(['wechat_pay'], {
      payment_method_data: { type: 'wechat_pay' },
      confirm: true,
      ...options,
    });
    expect(intent.next_action?.type).toBe('wechat_pay_display_qr_code');
    await sandbox.control('POST', '/pay', { payment_intent: intent.id, method: 'wechat_pay', outcome: 'failed' });
    const refused = await sandbox.stripe.paymentIntents.retrieve(intent.id);
    expect(refused.status).toBe('requires_payment_method');
    expect(refused.last_payment_error?.code).toBe('payment_intent_authentication_failure');
  });

  it('keeps the failed charge of a declined card and can be confirmed again with another', async () => {
    const intent = await create(['card']);
    const declined = { payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds' };
    const error = await refusal(sandbox.stripe.paymentIntents.confirm(intent.id, declined));
    expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, decline_code: 'insufficient_funds' });
    const confirmed = await sandbox.stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
    expect(confirmed.status).toBe('succeeded');
    const charges = await sandbox.stripe.charges.list({ payment_intent: intent.id });
    expect(charges.data.map(({ status }) => status)).toEqual(['succeeded', 'failed']);
    expect((await sandbox.stripe.charges.retrieve(charges.data[1]!.id)).failure_code).toBe('card_declined');
  });

  it('is updated until it is paid; afterwards only its description and metadata are', async () => {
    const intent = await create(['card'], { metadata: { a: '1', b: '2' } });
    const updated = await sandbox.stripe.paymentIntents.update(intent.id, {
      amount: 2_000,
      metadata: { a: '', c: '3' },
    });
    expect(updated).toMatchObject({ amount: 2_000, metadata: { b: '2', c: '3' } });
    expect(updated.metadata).not.toHaveProperty('a');
    await sandbox.stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
    const late = sandbox.stripe.paymentIntents.update(intent.id, { amount: 3_000 });
    expect((await refusal(late)).code).toBe('payment_intent_unexpected_state');
    const renamed = await sandbox.stripe.paymentIntents.update(intent.id, { description: '尾款' });
    expect(renamed).toMatchObject({ description: '尾款', amount: 2_000, status: 'succeeded' });
  });

  it('is canceled until it is paid', async () => {
    const intent = await create(['card']);
    const canceled = await sandbox.stripe.paymentIntents.cancel(intent.id, { cancellation_reason: 'abandoned' });
    expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' });
    const again = sandbox.stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
    expect((await refusal(again)).code).toBe('payment_intent_unexpected_state');
  });

  it('is listed newest first, page by page', async () => {
    const customer = await sandbox.stripe.customers.create({ name: '买方', email: 'buyer@yuzhi.example' });
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift((await create(['card'], { customer: customer.id })).id);
    const all: string[] = [];
    for await (const intent of sandbox.stripe.paymentIntents.list({ customer: customer.id, limit: 2 }))
      all.push(intent.id);
    expect(all).toEqual(ids);
    const earlier = await sandbox.stripe.paymentIntents.list({
      customer: customer.id,
      limit: 2,
      ending_before: ids[3]!,
    });
    expect([earlier.data.map(({ id }) => id), earlier.has_more]).toEqual([ids.slice(1, 3), true]);
    expect((await sandbox.stripe.customers.retrieve(customer.id)) as Stripe.Customer).toMatchObject({ name: '买方' });
  });
});

describe('a hold on a card', () => {
  const hold = () => sandbox.paid(10_000n, 'pm_card_visa', { capture_method: 'manual' });

  it('moves no money until it is captured, in whole or in part', async () => {
    const before = await sandbox.summary();
    const intent = await hold();
    expect(intent).toMatchObject({ status: 'requires_capture', amount_capturable: 10_000, amount_received: 0 });
    expect((await sandbox.summary()).paid_in_fen).toBe(before.paid_in_fen);
    const captured = await sandbox.stripe.paymentIntents.capture(intent.id, { amount_to_capture: 4_000 });
    expect(captured).toMatchObject({ status: 'succeeded', amount_received: 4_000, amount_capturable: 0 });
    expect(BigInt((await sandbox.summary()).paid_in_fen) - BigInt(before.paid_in_fen)).toBe(4_000n);
  });

  it('is given back when it is canceled', async () => {
    const intent = await hold();
    await sandbox.stripe.paymentIntents.cancel(intent.id);
    const charge = await sandbox.stripe.charges.retrieve(intent.latest_charge as string);
    expect(charge).toMatchObject({ captured: false, refunded: true, balance_transaction: null });
    const late = sandbox.stripe.paymentIntents.capture(intent.id);
    expect((await refusal(late)).code).toBe('payment_intent_unexpected_state');
  });

  it('expires after seven days', async () => {
    const intent = await hold();
    const charge = await sandbox.stripe.charges.retrieve(intent.latest_charge as string);
    const { capture_before: before } = charge.payment_method_details!.card!;
    expect(before! - charge.created).toBe(7 * DAY);
    await sandbox.advance(7 * DAY - 60);
    expect((await sandbox.stripe.paymentIntents.retrieve(intent.id)).status).toBe('requires_capture');
    await sandbox.advance(120);
    const expired = await sandbox.stripe.paymentIntents.retrieve(intent.id);
    expect(expired).toMatchObject({ status: 'canceled', cancellation_reason: 'expired', canceled_at: before });
    const events = await sandbox.stripe.events.list({ types: ['charge.expired', 'payment_intent.canceled'], limit: 2 });
    expect(events.data.map(({ created }) => created)).toEqual([before, before]);
  });

  it('is for cards alone: other allowed methods fall away, and nothing but other methods is refused', async () => {
    const held = { amount: 1_000, currency: 'cny', capture_method: 'manual' };
    const create = (types: string[]) =>
      sandbox.stripe.paymentIntents.create({ ...held, allowed_payment_method_types: types });
    expect((await create(['card', 'alipay'])).payment_method_types).toEqual(['card']);
    expect((await refusal(create(['alipay']))).code).toBe('payment_intent_incompatible_payment_method');
  });
});

describe('a balance', () => {
  it('is pending until the payment has settled, less the fee that was set', async () => {
    await sandbox.control('POST', '/settings', { fee_bps: 60, fee_fixed_fen: '30', settlement_seconds: 3 * DAY });
    const before = await sandbox.stripe.balance.retrieve();
    const intent = await sandbox.paid(9_999n, 'pm_card_visa');
    // 0.60 % of 99.99 is 0.599 94: 60 fen and 30 more.
    const held = await sandbox.stripe.balance.retrieve();
    expect(held.pending[0]!.amount - before.pending[0]!.amount).toBe(9_909);
    const { data } = await sandbox.stripe.balanceTransactions.list({ source: intent.latest_charge as string });
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({ amount: 9_999, fee: 90, net: 9_909, type: 'charge', status: 'pending' });
    await sandbox.advance(3 * DAY);
    const after = await sandbox.stripe.balance.retrieve();
    expect(after.pending[0]!.amount).toBe(0);
    expect((await sandbox.stripe.balanceTransactions.retrieve(data[0]!.id)).status).toBe('available');
    const summary = await sandbox.summary();
    expect([summary.fees_fen, summary.difference_fen]).toEqual(['90', '0']);
    await sandbox.control('POST', '/settings', { fee_bps: 0, fee_fixed_fen: '0' });
  });
});

it('makes only requests that the official stripe-mock accepts', () => expectStripeMockToAccept(sandbox), 120_000);
