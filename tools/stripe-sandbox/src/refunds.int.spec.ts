import { describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { expectStripeMockToAccept, refusal, useSandbox } from './testing/sandbox-under-test.ts';

const DAY = 86_400;
const sandbox = useSandbox();

/** Paid by a wallet on the hosted page; its funds are still pending. */
async function paidBy(method: 'alipay' | 'wechat_pay', amount = 10_000): Promise<string> {
  const session = await sandbox.stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price_data: { currency: 'cny', unit_amount: amount, product_data: { name: '保证金' } } }],
    success_url: 'https://yuzhi.example/paid',
    allowed_payment_method_types: [method],
  });
  await sandbox.control('POST', '/pay', { session: session.id, method });
  const { payment_intent: intent } = await sandbox.stripe.checkout.sessions.retrieve(session.id);
  return intent as string;
}

const refund = (intent: string, extra: Stripe.RefundCreateParams = {}) =>
  sandbox.stripe.refunds.create({ payment_intent: intent, ...extra });

describe('a refund', () => {
  it.each(['alipay', 'wechat_pay'] as const)('by %s is pending first and succeeds by itself', async (method) => {
    const intent = await paidBy(method);
    const asked = await refund(intent, { reason: 'requested_by_customer', metadata: { lot: '7' } });
    expect(asked).toMatchObject({
      status: 'pending',
      pending_reason: 'processing',
      amount: 10_000,
      metadata: { lot: '7' },
    });
    await sandbox.advance(10);
    const done = await sandbox.stripe.refunds.retrieve(asked.id, { expand: ['charge', 'balance_transaction'] });
    expect(done).toMatchObject({ status: 'succeeded', charge: { refunded: true, amount_refunded: 10_000 } });
    expect(done).not.toHaveProperty('pending_reason');
    expect(done.balance_transaction).toMatchObject({ amount: -10_000, type: 'payment_refund' });
  });

  it('may be sent back by the bank after it was done, and be made again', async () => {
    const intent = await paidBy('alipay');
    const { id } = await refund(intent);
    await sandbox.advance(10);
    const before = await sandbox.summary();
    await sandbox.control('POST', `/refunds/${id}/fail`, {});
    const failed = await sandbox.stripe.refunds.retrieve(id, { expand: ['charge', 'failure_balance_transaction'] });
    expect(failed).toMatchObject({ status: 'failed', failure_reason: 'declined', charge: { amount_refunded: 0 } });
    expect(failed.failure_balance_transaction).toMatchObject({ amount: 10_000, type: 'refund_failure' });
    const { refunded_fen: refunded, difference_fen: difference } = await sandbox.summary();
    expect([BigInt(before.refunded_fen) - BigInt(refunded), difference]).toEqual([10_000n, '0']);
    await expect(sandbox.control('POST', `/refunds/${id}/fail`, {})).rejects.toThrow('This refund is failed');
    expect((await refund(intent)).status).toBe('pending');
  });

  it('of a card succeeds at once', async () => {
    const intent = await sandbox.paid(10_000n);
    expect((await refund(intent.id)).status).toBe('succeeded');
  });

  it('may be made in parts, but never of more than is left', async () => {
    const intent = await sandbox.paid(10_000n);
    const parts = [await refund(intent.id, { amount: 4_000 }), await refund(intent.id, { amount: 5_000 })];
    const tooMuch = await refusal(refund(intent.id, { amount: 1_001 }));
    expect(tooMuch).toMatchObject({ type: 'StripeInvalidRequestError', param: 'amount' });
    await refund(intent.id, { amount: 1_000 });
    expect((await refusal(refund(intent.id))).code).toBe('charge_already_refunded');
    const { data } = await sandbox.stripe.refunds.list({ payment_intent: intent.id });
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(parts.map(({ id }) => id)));
    expect(data.map(({ amount }) => amount)).toEqual([1_000, 5_000, 4_000]);
  });

  it.each([
    ['alipay', 90],
    ['wechat_pay', 180],
  ] as const)('by %s is possible for %i days and not a moment longer', async (method, days) => {
    const intent = await paidBy(method);
    await sandbox.advance(days * DAY - 60);
    expect((await refund(intent, { amount: 1_000 })).status).toBe('pending');
    await sandbox.advance(120);
    expect((await refusal(refund(intent, { amount: 1_000 }))).code).toBe('charge_not_refundable');
  });

  it('of funds that have left waits until others have come in', async () => {
    const { available } = await sandbox.stripe.balance.retrieve();
    const payee = await sandbox.payee();
    const intent = await sandbox.paid(10_000n);
    await sandbox.stripe.transfers.create({
      amount: available[0]!.amount + 10_000,
      currency: 'cny',
      destination: payee,
    });
    const waiting = await refund(intent.id);
    expect(waiting).toMatchObject({
      status: 'pending',
      pending_reason: 'insufficient_funds',
      balance_transaction: null,
    });
    expect(await sandbox.summary()).toMatchObject({ refunds_waiting_fen: '10000', difference_fen: '0' });
    await sandbox.paid(10_000n);
    await sandbox.advance(DAY);
    expect((await sandbox.stripe.refunds.retrieve(waiting.id)).status).toBe('succeeded');
    expect(await sandbox.summary()).toMatchObject({ refunds_waiting_fen: '0', difference_fen: '0' });
  });

  it('is not for a payment that has not been made, nor for one that is only held', async () => {
    const open = await sandbox.stripe.paymentIntents.create({ amount: 1_000, currency: 'cny' });
    expect((await refusal(refund(open.id))).code).toBe('payment_intent_unexpected_state');
    const held = await sandbox.paid(1_000n, 'pm_card_visa', { capture_method: 'manual' });
    expect((await refusal(refund(held.id))).code).toBe('charge_not_refundable');
  });
});

describe('a dispute', () => {
  it('takes the money at once, forbids a refund, and gives it back when it is won', async () => {
    const before = await sandbox.stripe.balance.retrieve();
    const intent = await sandbox.paid(10_000n);
    const dispute = await sandbox.control<Stripe.Dispute>('POST', '/disputes', { payment_intent: intent.id });
    expect(dispute).toMatchObject({ status: 'needs_response', amount: 10_000, payment_intent: intent.id });
    expect((await sandbox.stripe.balance.retrieve()).available).toEqual(before.available);
    expect((await refusal(refund(intent.id))).code).toBe('charge_disputed');
    await sandbox.control('POST', `/disputes/${dispute.id}/close`, { status: 'won' });
    const won = await sandbox.stripe.disputes.retrieve(dispute.id);
    expect(won.balance_transactions.map(({ amount }) => amount)).toEqual([-10_000, 10_000]);
    const { data } = await sandbox.stripe.events.list({ types: ['charge.dispute.created', 'charge.dispute.closed'] });
    expect(data.map(({ type }) => type)).toEqual(['charge.dispute.closed', 'charge.dispute.created']);
  });

  it('opens by itself on the card that is for that, and may be given up', async () => {
    const intent = await sandbox.paid(2_000n, 'pm_card_createDispute');
    const { data } = await sandbox.stripe.disputes.list({ payment_intent: intent.id });
    expect((await sandbox.stripe.disputes.close(data[0]!.id)).status).toBe('lost');
    expect((await sandbox.summary()).difference_fen).toBe('0');
  });

  it('is not for wallets', async () => {
    const intent = await paidBy('alipay');
    await expect(sandbox.control('POST', '/disputes', { payment_intent: intent })).rejects.toThrow(
      'Only card payments',
    );
  });
});

it('makes only requests that the official stripe-mock accepts', () => expectStripeMockToAccept(sandbox), 120_000);
