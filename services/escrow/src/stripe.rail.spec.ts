import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import { RailFaulted, RailRefused, SignatureInvalid } from './payment-rail.ts';
import { accountObject, payoutObject, refundObject } from './stripe-objects.ts';
import { StripeRail } from './stripe.rail.ts';

const SECRETS = ['whsec_ours', 'whsec_payees'];
const railOf = (stripeSecretKey = 'sk_test_x', stripeApiBase?: string) =>
  new StripeRail({
    ...{ stripeSecretKey, stripeApiBase, stripeWebhookSecrets: SECRETS },
    ...{ stripePlatform: 'yuzhi', stripeTimeoutMs: 1000 },
  });
const rail = railOf();
const event = {
  id: 'evt_1',
  object: 'event',
  type: 'payout.paid',
  created: 1_795_564_800,
  account: 'acct_1',
  data: {},
};
const payload = JSON.stringify(event);
const signed = (secret: string, timestamp = Math.floor(Date.now() / 1000), body = payload) =>
  new Stripe('sk_test_x').webhooks.generateTestHeaderString({ payload: body, secret, timestamp });

describe('a webhook', () => {
  it.each(SECRETS)('is believed when it is signed with %s', (secret) => {
    const { payload: whole, ...read } = rail.read(Buffer.from(payload), signed(secret));
    expect(read).toEqual({ id: 'evt_1', type: 'payout.paid', account: 'acct_1', at: 1_795_564_800_000 });
    expect(whole).toEqual(event);
  });

  it.each([
    ['nobody signed', payload, undefined],
    ['somebody else signed', payload, signed('whsec_theirs')],
    ['was changed on its way', payload.replace('acct_1', 'acct_2'), signed(SECRETS[0]!)],
    ['is old', payload, signed(SECRETS[0]!, Math.floor(Date.now() / 1000) - 301)],
    ['has a header of nonsense', payload, 't=x,v1=y'],
    ['is empty', '', signed(SECRETS[0]!)],
  ])('that %s is not believed', (_, body, signature) => {
    expect(() => rail.read(Buffer.from(body), signature)).toThrow(SignatureInvalid);
  });

  it('concerns us when it is about money or a payee that may be ours', () => {
    for (const type of ['payment_intent.succeeded', 'refund.failed', 'payout.failed', 'account.updated']) {
      expect(rail.concerns(type)).toBe(true);
    }
    for (const type of ['charge.refunded', 'balance.available', 'constructor', 'toString']) {
      expect(rail.concerns(type)).toBe(false);
    }
  });
});

describe('the rail', () => {
  it.each([
    ['sk_test_x', true],
    ['rk_test_x', true],
    ['sk_live_x', false],
    ['rk_live_x', false],
  ])('with the key %s moves no real money: %s', (key, isDemo) => {
    expect(railOf(key).isDemo).toBe(isDemo);
    expect(railOf(key).name.includes('演示')).toBe(isDemo);
  });
});

describe('a refusal', () => {
  /** What a payout brings where the rail answers everything so. */
  const payoutAnswered = async (status: number, body: string) => {
    const server = createServer((_, response) => response.writeHead(status).end(body)).listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const order = { kind: 'payout', key: 'k#1', saleId: null, party: 'p', amountFen: 1n } as const;
    const whole = { ...order, payeeAccount: 'acct_1', paymentId: null, returnUrl: null };
    const made = railOf('sk_test_x', `http://127.0.0.1:${port}`).make(whole);
    return made.finally(() => server.close());
  };

  it.each([
    ['balance_insufficient', true],
    ['account_closed', false],
  ])('because of %s may be mended by time: %s', async (code, isTransient) => {
    const body = JSON.stringify({ error: { type: 'invalid_request_error', code, message: 'No.' } });
    const made = payoutAnswered(400, body);
    await expect(made).rejects.toEqual(new RailRefused(`${code}: No.`, isTransient));
    await expect(made).rejects.toMatchObject({ isTransient });
  });

  it('is neither an error of the rail’s own, nor an answer that was cut, which are told from each other', async () => {
    const error = JSON.stringify({ error: { type: 'api_error', message: 'Something went wrong.' } });
    await expect(payoutAnswered(500, error)).rejects.toBeInstanceOf(RailFaulted);
    const lost: unknown = await payoutAnswered(200, '{"id":"po_').catch((reason: unknown) => reason);
    expect([lost instanceof Error, lost instanceof RailFaulted, lost instanceof RailRefused]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('a search for what a call has made', () => {
  const order = { kind: 'checkout', key: 'k#1', saleId: null, party: 'p', amountFen: 1n, payeeAccount: null } as const;
  const session = (n: number, reference: string) => ({
    id: `cs_${n}`,
    object: 'checkout.session',
    metadata: { reference },
  });
  const FAILED = JSON.stringify({ error: { type: 'api_error', message: 'Later.' } });
  /** Three pages of two, asked for by these cursors; the second fails the first time. */
  const asked: (string | null)[] = [];
  let fails = 1;
  const server = createServer((request, response) => {
    const after = new URL(request.url!, 'http://rail').searchParams.get('starting_after');
    asked.push(after);
    const from = after ? Number(after.slice('cs_'.length)) : 0;
    if (from === 2 && fails-- > 0) return void response.writeHead(500, { 'stripe-should-retry': 'false' }).end(FAILED);
    const data = [1, 2].map((n) => session(from + n, from + n === 6 ? 'k#1' : 'another'));
    response.writeHead(200).end(JSON.stringify({ object: 'list', url: '/', data, has_more: from < 4 }));
  });
  let ours: StripeRail;
  const find = (key: string) => ours.find({ ...order, key, paymentId: null, returnUrl: null }, 0);
  beforeAll(async () => {
    await once(server.listen(0), 'listening');
    ours = railOf('sk_test_x', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterAll(() => void server.close());

  it('goes on where it was broken off', async () => {
    await expect(find('k#1')).rejects.toMatchObject({ statusCode: 500 });
    expect(await find('k#1')).toMatchObject({ railId: 'cs_6' });
    expect(asked).toEqual([null, 'cs_2', 'cs_2', 'cs_4']);
  });

  it('begins with the newest when it has come to its end', async () => {
    asked.length = 0;
    expect(await find('nobody')).toBeUndefined();
    expect(await find('nobody')).toBeUndefined();
    expect(asked).toEqual([null, 'cs_2', 'cs_4', null, 'cs_2', 'cs_4']);
  });
});

describe('an object of the rail', () => {
  const refund = { id: 're_1', created: 5, metadata: { reference: 'refund:x:1#2' } };

  it.each([
    ['pending', 'pending', 1],
    ['requires_action', 'pending', 1],
    ['succeeded', 'succeeded', 2],
    ['failed', 'failed', 3],
    ['canceled', 'failed', 3],
    [null, 'pending', 1],
    ['something-new', 'pending', 1],
  ])('that is %s counts as %s: later states outrank earlier ones', (status, state, rank) => {
    expect(refundObject({ ...refund, status }, 700n)).toEqual({
      kind: 'refund',
      railId: 're_1',
      reference: 'refund:x:1#2',
      state,
      rank,
      amountFen: 700n,
      feeFen: 0n,
      at: 5000,
    });
  });

  it('of a payout is done when it is paid, and under way while it is in transit', () => {
    expect(payoutObject({ ...refund, status: 'paid' }, 700n)).toMatchObject({
      kind: 'payout',
      state: 'succeeded',
      rank: 2,
    });
    expect(payoutObject({ ...refund, status: 'in_transit' }, 700n)).toMatchObject({ state: 'pending', rank: 1 });
  });

  it('that none of ours made has no reference', () => {
    expect(refundObject({ ...refund, status: 'succeeded', metadata: null }, 700n).reference).toBe('');
    expect(refundObject({ ...refund, status: 'succeeded', metadata: {} }, 700n).reference).toBe('');
  });

  it('of a payee is ready when money can reach the account and leave it', () => {
    const state = (payouts_enabled: boolean, transfers?: string) =>
      accountObject({ id: 'acct_1', payouts_enabled, ...(transfers && { capabilities: { transfers } }) }).state;
    expect(state(true, 'active')).toBe('succeeded');
    expect([state(false, 'active'), state(true, 'pending'), state(true)]).toEqual(['pending', 'pending', 'pending']);
  });
});
