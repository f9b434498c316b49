import { afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type Stripe from 'stripe';
import { expectStripeMockToAccept, refusal, useSandbox } from './testing/sandbox-under-test.ts';

const sandbox = useSandbox();
afterEach(() => sandbox.control('DELETE', '/faults'));

const arm = (mode: string, extra: object = {}) =>
  sandbox.control('POST', '/faults', { mode, operation: 'payment_intents.create', ...extra });
const payment = { amount: 700, currency: 'cny', payment_method: 'pm_card_visa', confirm: true } as const;
const pay = (idempotencyKey: string, options: Stripe.RequestOptions = {}) =>
  sandbox.stripe.paymentIntents.create(payment, { idempotencyKey, ...options });
const paidIn = async () => BigInt((await sandbox.summary()).paid_in_fen);

describe('a fault', () => {
  it.each(['timeout', 'cut-body'])(
    '%s carries the call out and loses the answer, which the key then gives',
    async (mode) => {
      const [key, before] = [randomUUID(), await paidIn()];
      await arm(mode);
      expect((await refusal(pay(key, { timeout: 500 }))).type).toBe('StripeConnectionError');
      expect(await paidIn()).toBe(before + 700n);
      expect((await pay(key)).status).toBe('succeeded');
      expect(await paidIn()).toBe(before + 700n);
    },
  );

  it.each([
    ['refuse-400', undefined],
    ['no-funds-400', 'balance_insufficient'],
  ])('%s refuses the call, which is not carried out', async (mode, code) => {
    const [key, before] = [randomUUID(), await paidIn()];
    await arm(mode);
    const refused = await refusal(pay(key));
    expect([refused.type, refused.code]).toEqual(['StripeInvalidRequestError', code]);
    expect(await paidIn()).toBe(before);
  });

  it('error-after carries the call out and answers 500, and the key repeats the 500', async () => {
    const [key, before] = [randomUUID(), await paidIn()];
    await arm('error-after');
    for (let time = 0; time < 2; time++) {
      expect(await refusal(pay(key))).toMatchObject({ type: 'StripeAPIError', statusCode: 500 });
    }
    expect(await paidIn()).toBe(before + 700n);
    const { data } = await sandbox.stripe.paymentIntents.list({ limit: 1 });
    expect(data[0]).toMatchObject({ amount: 700, status: 'succeeded' });
  });

  it.each([
    ['hang', 'StripeConnectionError', undefined],
    ['conflict-409', 'StripeAPIError', 409],
    ['rate-limit-429', 'StripeRateLimitError', 429],
  ])('%s does not carry the call out, and leaves the key unused', async (mode, type, statusCode) => {
    const [key, before] = [randomUUID(), await paidIn()];
    await arm(mode);
    expect(await refusal(pay(key, { timeout: 500 }))).toMatchObject({ type, statusCode });
    expect(await paidIn()).toBe(before);
    expect((await pay(key)).status).toBe('succeeded');
    expect(await paidIn()).toBe(before + 700n);
  });

  it('is survived by the client alone where it tries again with the same key', async () => {
    const before = await paidIn();
    await arm('conflict-409', { count: 2 });
    const patient = sandbox.client('sk_test_yuzhi', { maxNetworkRetries: 3 });
    expect((await patient.paymentIntents.create(payment)).status).toBe('succeeded');
    expect(await paidIn()).toBe(before + 700n);
  });

  it('of any kind, at random, doubles no payment of a caller that repeats each key until it knows', async () => {
    const before = await paidIn();
    for (const [seed, mode] of ['timeout', 'cut-body', 'conflict-409', 'error-after'].entries()) {
      await arm(mode, { probability: 0.2, seed });
    }
    const known = async (key: string): Promise<string> => {
      for (;;) {
        const answer = await pay(key, { timeout: 1_000 }).catch((error: Stripe.errors.StripeError) => error);
        if ('status' in answer) return answer.status;
        if (answer.statusCode === 500) return 'ask';
      }
    };
    const outcomes = await Promise.all(Array.from({ length: 24 }, () => known(randomUUID())));
    expect(outcomes).toContain('succeeded');
    expect(outcomes).toContain('ask');
    // A 500 is repeated for ever: what became of the call is found by looking. Here all of them took effect.
    expect(await paidIn()).toBe(before + 24n * 700n);
  });
});

describe('a pause', () => {
  it('answers 503 to everything until it ends', async () => {
    await sandbox.control('POST', '/pause');
    expect(await refusal(sandbox.stripe.balance.retrieve())).toMatchObject({ statusCode: 503 });
    await sandbox.control('POST', '/resume');
    expect((await sandbox.stripe.balance.retrieve()).object).toBe('balance');
  });
});

describe('a database that cuts every connection in the middle of a call', () => {
  it('ends that call, and nothing else', async () => {
    const admin = new Client({ connectionString: sandbox.databaseUrl });
    await admin.connect();
    await admin.query('begin; lock table stripe_sandbox.object in access exclusive mode');
    const cut = refusal(sandbox.stripe.customers.create({ name: '断' }));
    const others = 'from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    for (let waiting = 0; !waiting;) {
      const { rows } = await admin.query<{ n: number }>(
        `select count(*)::int as n ${others} and wait_event_type = 'Lock'`,
      );
      waiting = rows[0]!.n;
    }
    await admin.query(`select pg_terminate_backend(pid) ${others}`);
    await admin.end();
    expect(await cut).toMatchObject({ statusCode: 500 });
    expect((await sandbox.stripe.balance.retrieve()).object).toBe('balance');
  });
});

it('makes only requests that the official stripe-mock accepts', () => expectStripeMockToAccept(sandbox), 120_000);
