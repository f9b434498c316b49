import { describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { refusal, useSandbox } from './testing/sandbox-under-test.ts';

const sandbox = useSandbox();

const get = (path: string, headers: Record<string, string> = { authorization: 'Bearer sk_test_yuzhi' }) =>
  fetch(sandbox.url + path, { headers });
const create = (params: object) => sandbox.stripe.paymentIntents.create(params as Stripe.PaymentIntentCreateParams);

describe('a key', () => {
  it('of the live mode is refused', async () => {
    const error = await refusal(sandbox.client('sk_live_51Secret').balance.retrieve());
    expect(error).toMatchObject({ type: 'StripeAuthenticationError', statusCode: 401 });
    expect(error.message).toContain('refuses live keys');
  });

  it('that is unknown or missing is refused, and not repeated in full', async () => {
    const error = await refusal(sandbox.client('pk_unknown_abcdefghijkl').balance.retrieve());
    expect(error.statusCode).toBe(401);
    expect(error.message).not.toContain('abcdefgh');
    expect((await get('/v1/balance', {})).status).toBe(401);
  });

  it('may come as a user name', async () => {
    const authorization = `Basic ${Buffer.from('sk_test_yuzhi:').toString('base64')}`;
    expect((await get('/v1/balance', { authorization })).status).toBe(200);
  });

  it('acts for connected accounts that exist, where that is emulated', async () => {
    const error = await refusal(sandbox.stripe.balance.retrieve({}, { stripeAccount: 'acct_stranger' }));
    expect(error).toMatchObject({ type: 'StripePermissionError', code: 'account_invalid', statusCode: 403 });
    const payee = await sandbox.payee();
    const direct = sandbox.stripe.paymentIntents.create({ amount: 1, currency: 'cny' }, { stripeAccount: payee });
    expect((await refusal(direct)).message).toContain('does not emulate payment_intents.create for connected accounts');
  });
});

describe('a parameter', () => {
  it.each([
    ['unknown', { amount: 1, currency: 'cny', colour: 'red' }, 'parameter_unknown', 'colour'],
    ['missing', { currency: 'cny' }, 'parameter_missing', 'amount'],
    ['no integer', { amount: '12.5', currency: 'cny' }, 'parameter_invalid_integer', 'amount'],
    ['nothing', { amount: 0, currency: 'cny' }, 'parameter_invalid_integer', 'amount'],
    ['negative', { amount: -5, currency: 'cny' }, 'parameter_invalid_integer', 'amount'],
    ['of nine digits', { amount: 100_000_000, currency: 'cny' }, 'amount_too_large', 'amount'],
    ['in another currency', { amount: 1, currency: 'usd' }, undefined, 'currency'],
    ['of another kind', { amount: 1, currency: 'cny', capture_method: 'later' }, undefined, 'capture_method'],
  ])('that is %s is refused', async (_, params, code, param) => {
    const error = await refusal(create(params));
    expect(error).toMatchObject({
      type: 'StripeInvalidRequestError',
      statusCode: 400,
      rawType: 'invalid_request_error',
    });
    expect([error.code, error.param]).toEqual([code, param]);
  });

  it('of exactly eight digits is accepted', async () => {
    expect((await create({ amount: 99_999_999, currency: 'cny' })).amount).toBe(99_999_999);
  });

  it('deep inside is named by its whole path', async () => {
    const params = { payment_method_options: { wechat_pay: { client: 'web', app: '1' } } };
    const error = await refusal(create({ amount: 1, currency: 'cny', ...params }));
    expect(error).toMatchObject({ code: 'parameter_unknown', param: 'payment_method_options[wechat_pay][app]' });
  });

  it.each([
    [{ ['k'.repeat(41)]: 'v' }, 'metadata'],
    [{ k: 'v'.repeat(501) }, 'metadata'],
    [Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, 'v'])), 'metadata'],
  ])('of metadata beyond the limits is refused (%#)', async (metadata, param) => {
    expect((await refusal(create({ amount: 1, currency: 'cny', metadata }))).param).toContain(param);
  });

  it('that asks for too long a list, or to expand what cannot be, is refused', async () => {
    expect((await refusal(sandbox.stripe.charges.list({ limit: 101 }))).param).toBe('limit');
    const intent = await create({ amount: 1, currency: 'cny' });
    const expanded = sandbox.stripe.paymentIntents.retrieve(intent.id, { expand: ['status'] });
    expect((await refusal(expanded)).message).toBe('This property cannot be expanded (status).');
  });
});

describe('an address', () => {
  it('that is not emulated answers 404 and says so', async () => {
    const error = await refusal(sandbox.stripe.subscriptions.list());
    expect(error).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 404 });
    expect(error.message).toContain('does not emulate');
  });

  it('of an object that does not exist answers resource_missing', async () => {
    const error = await refusal(sandbox.stripe.paymentIntents.retrieve('pi_nobody'));
    expect(error).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
      message: "No such payment intent: 'pi_nobody'",
    });
    const page = await refusal(sandbox.stripe.events.list({ starting_after: 'evt_nobody' }));
    expect(page).toMatchObject({ code: 'resource_missing', param: 'starting_after' });
  });

  it('of its own says to a browser what it is', async () => {
    const front = await get('/?locale=en');
    expect(front.headers.get('content-type')).toContain('text/html');
    expect(await front.text()).toContain('in place of Stripe');
    expect(await (await get('/')).text()).toContain('代替 Stripe');
  });

  it('of a page for nothing says so in the language asked for', async () => {
    expect(await (await get('/pay/cs_test_nothing?locale=en')).text()).toContain('No such payment');
    expect(await (await get('/pay/cs_test_nothing', { 'accept-language': 'zh-CN' })).text()).toContain(
      '没有找到这笔付款',
    );
    expect((await get('/onboarding/nothing')).status).toBe(404);
  });
});

it('keeps text as text: a page shows it, and runs none of it', async () => {
  const session = await sandbox.stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [
      { price_data: { currency: 'cny', unit_amount: 12_680_050, product_data: { name: '<script>alert(1)</script>' } } },
    ],
    success_url: 'https://yuzhi.example/paid',
    locale: 'zh',
  });
  const page = await (await fetch(session.url!)).text();
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).not.toContain('<script>');
  expect(page).toContain('¥126,800.50');
  expect(page).toContain('演示收银台');
  expect(page).toContain('no real money');
});
