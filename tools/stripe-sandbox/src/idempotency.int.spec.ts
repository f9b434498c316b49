import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import { expectStripeMockToAccept, refusal, useSandbox } from './testing/sandbox-under-test.ts';

const DAY = 86_400;
const sandbox = useSandbox();

const payment = { amount: 1_000, currency: 'cny', payment_method: 'pm_card_bypassPending', confirm: true } as const;
const pay = (idempotencyKey: string, extra: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  sandbox.stripe.paymentIntents.create({ ...payment, ...extra }, { idempotencyKey });
const charges = async () => (await sandbox.stripe.charges.list({ limit: 100 })).data.length;

describe('an idempotency key', () => {
  it('repeats the first answer to the byte and does nothing more', async () => {
    const key = randomUUID();
    const before = await charges();
    const [first, second] = [await pay(key), await pay(key)];
    expect(second).toEqual(first);
    expect(second.lastResponse.headers).toMatchObject({
      'idempotent-replayed': 'true',
      'original-request': first.lastResponse.requestId,
    });
    expect(await charges()).toBe(before + 1);
  });

  it('repeats a decline as well', async () => {
    const key = randomUUID();
    const declined = { payment_method: 'pm_card_visa_chargeDeclined' };
    const [first, second] = [await refusal(pay(key, declined)), await refusal(pay(key, declined))];
    expect(second).toMatchObject({ statusCode: 402, charge: first.charge });
  });

  it('is refused with other parameters, and at another endpoint', async () => {
    const key = randomUUID();
    await pay(key);
    for (const request of [
      () => pay(key, { amount: 1_001 }),
      () => pay(key, { metadata: { lot: '7' } }),
      () => sandbox.stripe.customers.create({}, { idempotencyKey: key }),
    ]) {
      expect(await refusal(request())).toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 });
    }
  });

  it('does not mind the order of parameters', async () => {
    const key = randomUUID();
    const first = await sandbox.stripe.customers.create(
      { name: '甲', email: 'a@yuzhi.example' },
      { idempotencyKey: key },
    );
    const second = await sandbox.stripe.customers.create(
      { email: 'a@yuzhi.example', name: '甲' },
      { idempotencyKey: key },
    );
    expect(second.id).toBe(first.id);
  });

  it('is not used up by parameters that fail validation', async () => {
    const key = randomUUID();
    expect((await refusal(pay(key, { amount: 0 }))).code).toBe('parameter_invalid_integer');
    expect((await pay(key)).status).toBe('succeeded');
  });

  it('is used up by a refusal that came of carrying it out', async () => {
    const key = randomUUID();
    const payee = await sandbox.payee();
    const transfer = () =>
      sandbox.stripe.transfers.create(
        { amount: 9_999_999, currency: 'cny', destination: payee },
        { idempotencyKey: key },
      );
    expect((await refusal(transfer())).code).toBe('balance_insufficient');
    await sandbox.paid(9_999_999n);
    expect((await refusal(transfer())).code).toBe('balance_insufficient');
  });

  it('answers 409 to whoever comes while it is used, who then gets the answer by asking again', async () => {
    const key = randomUUID();
    const before = await charges();
    const settled = await Promise.allSettled(Array.from({ length: 16 }, () => pay(key)));
    const made = settled.filter((result) => result.status === 'fulfilled');
    const refused = settled.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) {
      expect(reason).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    }
    expect(new Set([...made.map(({ value }) => value.id), (await pay(key)).id]).size).toBe(1);
    expect(await charges()).toBe(before + 1);
  });

  it('belongs to one account: another may use the same', async () => {
    const key = randomUUID();
    const [payee, other] = [await sandbox.payee(), await sandbox.payee()];
    for (const destination of [payee, other]) {
      await sandbox.paid(500n);
      await sandbox.stripe.transfers.create({ amount: 500, currency: 'cny', destination });
    }
    const payout = (stripeAccount: string) =>
      sandbox.stripe.payouts.create({ amount: 500, currency: 'cny' }, { stripeAccount, idempotencyKey: key });
    expect((await payout(payee)).id).not.toBe((await payout(other)).id);
  });

  it('is forgotten after a day, and not before', async () => {
    const key = randomUUID();
    const first = await pay(key);
    await sandbox.advance(DAY - 60);
    expect((await pay(key)).id).toBe(first.id);
    await sandbox.advance(120);
    expect((await pay(key)).id).not.toBe(first.id);
  });

  it('has at most 255 characters', async () => {
    expect((await refusal(pay('k'.repeat(256)))).message).toContain('255');
    expect((await pay('k'.repeat(255))).status).toBe('succeeded');
  });

  it('of version 2 keeps a success for thirty days, and lets a failure be tried again', async () => {
    const create = (key: string) =>
      sandbox.stripe.v2.core.accounts.create({ display_name: '乙' }, { idempotencyKey: key });
    const key = randomUUID();
    const first = await create(key);
    await sandbox.advance(29 * DAY);
    expect((await create(key)).id).toBe(first.id);
    const useCase = { refresh_url: 'https://yuzhi.example/a', return_url: 'https://yuzhi.example/b' };
    const link = (account: string) =>
      sandbox.stripe.v2.core.accountLinks.create(
        { account, use_case: { type: 'account_onboarding', account_onboarding: useCase } },
        { idempotencyKey: 'link-1' },
      );
    expect((await refusal(link('acct_nobody'))).code).toBe('resource_missing');
    expect((await link(first.id)).account).toBe(first.id);
  });
});

describe('a restart', () => {
  it('keeps objects, balances, keys, endpoints and the clock', async () => {
    const key = randomUUID();
    const [first, before] = [await pay(key), await sandbox.summary()];
    const endpoint = await sandbox.stripe.webhookEndpoints.create({
      url: 'http://127.0.0.1:9/hook',
      enabled_events: ['refund.failed'],
    });
    await sandbox.restart();
    expect(await pay(key)).toEqual(first);
    const { now, ...money } = await sandbox.summary();
    expect({ ...money, now: before.now }).toEqual(before);
    expect(Math.abs(now - before.now)).toBeLessThan(60);
    expect((await sandbox.stripe.webhookEndpoints.retrieve(endpoint.id)).url).toBe(endpoint.url);
  });
});

it('makes only requests that the official stripe-mock accepts', () => expectStripeMockToAccept(sandbox), 120_000);
