import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { admitBidder } from '@yuzhi/protocol/bidding';
import type { AnswerOf } from '@yuzhi/protocol/declare';
import {
  depositHeld,
  depositReturned,
  expectPrice,
  type getPayee,
  noteRegistration,
  onboardPayee,
  payOrder,
  payoutPaid,
  releaseSale,
  retryOperation,
  returnDeposit,
  saleReopened,
  saleSettled,
} from '@yuzhi/protocol/escrow';
import { expectStripeMockToAccept } from '@yuzhi/stripe-sandbox/testing/sandbox-under-test';
import { priceOrderId } from './domain/payments.ts';
import { BUYER, by, House, type HouseOptions, OTHER, SELLER, service } from './escrow.fixture.ts';
import { PaymentRail, type RailOrder } from './payment-rail.ts';

/** Of a rail that fails four times of five. */
const OPERATIONS = Number(process.env['YUZHI_RAIL_OPERATIONS'] ?? 15);
/** How many waves of them are under way at once: each waits for its unluckiest call. They begin a moment apart. */
const ABREAST = Math.max(20, OPERATIONS / 100);
const FAULTS_MS = 120_000 + OPERATIONS * 600;
const returnUrl = 'https://yuzhi.example/back';
let house: House;
const open = async (options: HouseOptions = {}) => (house = await House.open(options));
afterEach(() => house.close(), 30_000 + OPERATIONS * 20);

const fault = (operation: string, mode: string, more: object = { count: 1 }) =>
  house.control('/faults', { operation, mode, ...more });
const webhooks = (mode: string, more: object = {}) => house.control('/webhooks', { mode, ...more });
const returns = (saleId: string, party = BUYER) => house.send(returnDeposit, { saleId, party }, service('bidding'));
/** A sale that is paid by card, registered and released to the seller, who has an account. */
async function sold(priceFen = 1_000_000n): Promise<string> {
  const saleId = uuidv7();
  const terms = { saleId, buyer: BUYER, seller: SELLER, depositFen: '0', dueAt: 9_999_999_999_999 };
  await house.send(expectPrice, { ...terms, priceFen: String(priceFen) }, service('contracts'));
  await house.settle(priceOrderId(saleId, BUYER), 'card');
  await house.send(noteRegistration, { saleId, registeredOn: '2026-11-24', owner: BUYER }, service('escrow'));
  await house.send(
    releaseSale,
    { saleId, inventors: [], inventorBps: 0, costsFen: '0', netDeducts: [], payMonths: 6 },
    service('contracts'),
  );
  return saleId;
}
const settled = (saleId: string) => house.until(async () => (await house.money(saleId)).state === 'settled');
/** How many objects of each kind the rail has. */
const made = async () => {
  const rows = await house.rows<{ kind: string; count: number }>(
    `select kind, count(*)::int as count from stripe_sandbox.object
     where kind in ('checkout.session', 'refund', 'transfer', 'payout') group by kind`,
  );
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
};
const once = { 'checkout.session': 2, refund: 1, transfer: 1, payout: 1 };

describe('a rail that answers badly', () => {
  beforeEach(async () => {
    // Whoever is unlucky a dozen times in a row waits a minute between two attempts.
    await open({ patienceMs: FAULTS_MS });
    await house.payee(SELLER);
  });

  it.each([
    ['never, though it has done it', 'timeout'],
    ['never, and has not done it', 'hang'],
    ['in half', 'cut-body'],
    ['with an error after it has done it, and repeats that error for ever', 'error-after'],
    ['that the key is in use', 'conflict-409'],
    ['that there are too many calls', 'rate-limit-429'],
  ])('%s: everything is done once', async (_, mode) => {
    for (const call of ['checkout.sessions.create', 'refunds.create', 'transfers.create', 'payouts.create']) {
      await fault(call, mode);
    }
    const saleId = uuidv7();
    await house.settle(await house.bidder(saleId, BUYER, 500_000n));
    await returns(saleId);
    await settled(await sold());
    expect(await house.told(depositReturned, saleId)).toHaveLength(1);
    expect(await made()).toEqual(once);
    expect(await house.struck()).toEqual({ [mode]: 4 });
    const attempts = await house.rows(`select from rail_attempt where attempt > 1`);
    expect(attempts).toEqual([]);
    await house.agree();
  });

  it('to the opening of an account with an error that its key repeats: another account is opened', async () => {
    await fault('accounts.create', 'error-after');
    const party = uuidv7();
    await house.payee(party);
    const [row] = await house.rows<{ attempt: number }>(
      'select attempt from rail_operation where id = $1',
      `payee:${party}`,
    );
    expect(row!.attempt).toBe(2);
  });

  it(
    'a fifth of the time in each of these ways: the money is the same on both sides',
    async () => {
      const modes = ['timeout', 'error-after', 'conflict-409', 'cut-body'];
      for (const [i, mode] of modes.entries()) await fault('*', mode, { probability: 0.2, seed: i + 1 });
      /** Fifteen operations: seven sessions, six refunds, a transfer and a payout. */
      const wave = async () => {
        const sales = Array.from({ length: 6 }, () => uuidv7());
        for (const saleId of sales) await house.bidder(saleId, BUYER, 500_000n);
        await Promise.all(sales.map(async (saleId) => house.settle(await house.bidder(saleId, OTHER, 500_000n))));
        await Promise.all(sales.map((saleId) => returns(saleId, OTHER)));
        await settled(await sold());
        return sales;
      };
      const waves = Math.ceil(OPERATIONS / 15);
      const sales: string[] = [];
      let begun = 0;
      const oneAfterTheOther = async (lane: number) => {
        await sleep(lane * 100);
        while (begun++ < waves) sales.push(...(await wave()));
      };
      await Promise.all(Array.from({ length: ABREAST }, (_, lane) => oneAfterTheOther(lane)));
      await house.control('/faults', undefined, 'DELETE');
      await house.idle();
      const returned = (await house.told(depositReturned)).map(({ saleId }) => saleId);
      expect(returned.toSorted()).toEqual(sales.toSorted());
      expect(await made()).toEqual({
        'checkout.session': 7 * waves,
        refund: 6 * waves,
        transfer: waves,
        payout: waves,
      });
      expect(Object.keys(await house.struck()).toSorted()).toEqual(modes.toSorted());
      await house.agree();
    },
    FAULTS_MS,
  );
});

describe('an attempt whose outcome nobody knows for a day', () => {
  const aged = (id: string) =>
    house.rows(`update rail_attempt set made_at = now() - interval '23 hours 1 minute' where operation_id like $1`, id);
  const attempts = () =>
    house.rows<{ attempt: number }>(
      `select attempt from rail_attempt where operation_id like 'refund:%' order by attempt`,
    );
  let saleId: string;
  beforeEach(async () => {
    await open();
    saleId = uuidv7();
    await house.settle(await house.bidder(saleId, BUYER, 500_000n));
  });

  it('is found in the rail’s list, and its key is not sent again', async () => {
    await webhooks('drop', { count: 3 });
    await fault('refunds.create', 'timeout', { count: 1 });
    await fault('refunds.list', 'rate-limit-429', { count: 2 });
    await returns(saleId);
    await house.until(async () => (await made())['refund'] === 1);
    await aged('refund:%');
    await house.until(async () => (await house.told(depositReturned, saleId)).length);
    expect((await made())['refund']).toBe(1);
    expect(await attempts()).toEqual([{ attempt: 1 }]);
  });

  it('was never made if it is not in that list: it is made under a new key', async () => {
    await fault('refunds.create', 'hang', { count: 1 });
    await returns(saleId);
    await house.until(async () => (await aged('refund:%')) && (await attempts()).length === 2);
    await house.until(async () => (await house.told(depositReturned, saleId)).length);
    expect((await made())['refund']).toBe(1);
  });
});

describe('webhooks', () => {
  const deposits = async (count: number) => {
    const sales = Array.from({ length: count }, () => uuidv7());
    for (const saleId of sales) await house.settle(await house.bidder(saleId, BUYER, 500_000n));
    for (const saleId of sales) await returns(saleId);
    for (const saleId of sales) await house.until(async () => (await house.told(depositReturned, saleId)).length);
    return sales;
  };

  it.each(['duplicate', 'reorder', 'delay'])('that are delivered in the manner of %s change nothing', async (mode) => {
    await open();
    await house.payee(SELLER);
    const manner = { duplicate: {}, reorder: { count: 4 }, delay: { count: 6, seconds: 1 } }[mode]!;
    await webhooks(mode, manner);
    for (const saleId of await deposits(3)) {
      expect(await house.told(depositHeld, saleId)).toHaveLength(1);
      expect(await house.told(depositReturned, saleId)).toHaveLength(1);
      expect(house.asked(admitBidder, saleId)).toHaveLength(1);
    }
    await settled(await sold());
    await house.agree();
  });

  it('that never come are made up for by looking', async () => {
    await open({ reconcileMs: 200 });
    await webhooks('drop');
    await house.payee(SELLER);
    await deposits(2);
    const saleId = await sold();
    await settled(saleId);
    expect(await house.told(payoutPaid, saleId)).toHaveLength(1);
    expect(await house.rows(`select from stripe_sandbox.delivery where status = 'delivered'`)).toEqual([]);
    await house.agree();
  });

  it.each(['wrong-secret', 'stale', 'edited-body', 'unsigned'])(
    'that are forged (%s) are refused and leave no row',
    async (kind) => {
      await open();
      await house.settle(await house.bidder(uuidv7(), BUYER, 500_000n));
      await house.idle();
      const before = await house.rows('select id from psp_event order by id');
      const { sent } = await house.control<{ sent: { status: number }[] }>('/webhooks/forge', { kind });
      expect(sent.length).toBeGreaterThan(0);
      expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 400));
      expect(await house.rows('select id from psp_event order by id')).toEqual(before);
      const body = JSON.stringify({ id: 'evt_x', object: 'event' });
      const headers = { 'stripe-signature': 't=1,v1=00', 'content-type': 'application/json' };
      const said = await fetch(`${house.running.url}/v1/hooks/stripe`, { method: 'POST', body, headers });
      expect([said.status, ((await said.json()) as { code: string }).code]).toEqual([400, 'signature-invalid']);
    },
  );
});

describe('what the test would see without a protection', () => {
  const transferred = async () =>
    BigInt((await house.control<{ transferred_fen: string }>('/summary')).transferred_fen);

  it('a new key for each repetition: the seller’s money leaves twice, out of what is held for others', async () => {
    let calls = 0;
    const mutate = (rail: PaymentRail) => {
      const make = rail.make.bind(rail);
      const anew = (order: RailOrder) => ({ ...order, key: `${order.key}, call ${++calls}` });
      rail.make = (order) => make(order.kind === 'transfer' ? anew(order) : order);
    };
    await open({ mutate });
    await house.payee(SELLER);
    await house.settle(await house.bidder(uuidv7(), BUYER, 5_000_000n));
    await fault('transfers.create', 'timeout');
    await sold();
    await house.until(async () => (await made())['transfer'] === 2);
    expect([await house.struck(), await transferred()]).toEqual([{ timeout: 1 }, 2n * 980_000n]);
  });

  it('no look at what an earlier call made: the error that its key repeats is all that is ever heard', async () => {
    let calls = 0;
    const mutate = (rail: PaymentRail) => {
      const make = rail.make.bind(rail);
      rail.find = async () => undefined;
      rail.make = (order) => make(order).finally(() => (calls += Number(order.kind === 'refund')));
    };
    await open({ mutate });
    const saleId = uuidv7();
    await house.settle(await house.bidder(saleId, BUYER, 500_000n));
    await webhooks('drop');
    await fault('refunds.create', 'error-after');
    await returns(saleId);
    await house.until(async () => calls > 3);
    const { items } = await house.operations('?state=intended');
    expect([(await made())['refund'], items.map(({ kind }) => kind)]).toEqual([1, ['refund']]);
  });

  it.each([
    ['ranks', false, []],
    ['no ranks', true, ['Error: the ledger refuses: hold-not-found']],
  ])('%s: an older word of a refund is heard last', async (_, isMutant, mistakes) => {
    let words = 0;
    const done = () => house.rows(`select from rail_operation where kind = 'refund' and status = 'done'`);
    const mutate = (rail: PaymentRail) => {
      const fetched = rail.fetch.bind(rail);
      rail.fetch = async (event) => {
        if (event.type === 'refund.created') await house.until(async () => (await done()).length);
        const found = await fetched(event);
        return found && { ...found, rank: isMutant ? 9 + ++words : found.rank };
      };
    };
    await open({ mutate });
    const saleId = uuidv7();
    await house.settle(await house.bidder(saleId, BUYER, 500_000n));
    await returns(saleId);
    expect(await house.told(depositReturned, saleId)).toHaveLength(1);
    const parked = await house.rows<{ error: string }>('select error from quarantine');
    expect(parked.map(({ error }) => error.split('\n')[0])).toEqual(mistakes);
  });
});

describe('a service that stops in the middle', () => {
  it('goes on where it was: calls that were intended are made, once', async () => {
    await open();
    await house.payee(SELLER);
    const saleId = uuidv7();
    await house.settle(await house.bidder(saleId, BUYER, 500_000n));
    await fault('refunds.create', 'timeout');
    await returns(saleId);
    await house.reboot();
    await house.until(async () => (await house.told(depositReturned, saleId)).length);
    expect((await made())['refund']).toBe(1);
    const other = await sold();
    await house.reboot();
    await settled(other);
    await house.agree();
  });
});

describe('money that comes to the rail', () => {
  const pays = async (metadata: Record<string, string>) => {
    const form = {
      amount: '77700',
      currency: 'cny',
      confirm: 'true',
      payment_method: 'pm_card_visa',
      return_url: returnUrl,
    };
    const intent = await house.api('/payment_intents', {
      ...form,
      'allowed_payment_method_types[0]': 'card',
      ...metadata,
    });
    return intent['id'] as string;
  };

  it('and that nobody asked for goes back by itself', async () => {
    await open();
    const id = await pays({});
    await house.until(async () =>
      (await house.operations()).items.some((o) => o.kind === 'refund' && o.state === 'done'),
    );
    const { items } = await house.operations();
    expect(items.map(({ operationId, state }) => [operationId, state])).toEqual([
      [`stray:${id}`, 'done'],
      [`refund:stray:${id}:1`, 'done'],
    ]);
    expect((await house.trialBalance()).accounts.map((a) => [a.class, a.postedFen])).toEqual([
      ['psp', '0'],
      ['wallet', '0'],
    ]);
  });

  it('and that is another platform’s on the same account is left alone', async () => {
    await open();
    const id = await pays({ 'metadata[platform]': 'somebody-else' });
    await house.until(
      async () => (await house.rows('select from psp_event where processed_at is not null')).length > 0,
    );
    await house.idle();
    expect((await house.operations()).items).toEqual([]);
    await house.api('/refunds', { payment_intent: id });
  });
});

describe('what the rail refuses', () => {
  it('while money has not settled is tried again until it has', async () => {
    await open({ settlement_seconds: 3_600 });
    await house.payee(SELLER);
    const saleId = await sold();
    const payout = async () => (await house.money(saleId)).payouts[0]!;
    await house.until(async () => (await payout()).reason?.startsWith('balance_insufficient'));
    expect((await payout()).state).toBe('transferring');
    await house.control('/clock/advance', { seconds: 3_601 });
    await settled(saleId);
    expect((await made())['transfer']).toBe(1);
  });

  it('for good is blocked and visible to the desk, which may have it tried again', async () => {
    await open();
    const saleId = uuidv7();
    const id = await house.bidder(saleId, BUYER, 500_000n);
    await house.settle(id, 'alipay');
    // Alipay takes refunds for 90 days.
    await house.control('/clock/advance', { seconds: 91 * 86_400 });
    await returns(saleId);
    const [blocked] = await house.until(async () => {
      const { items } = await house.operations('?state=blocked');
      return items.length > 0 && items;
    });
    expect(blocked).toMatchObject({ kind: 'refund', saleId, party: BUYER, attempt: 1, amountFen: '500000' });
    expect(blocked!.reason).toContain('charge_not_refundable');
    expect((await house.order(id)).state).toBe('returning');
    await house.agree();
    const { operationId } = blocked!;
    const retries = (principal = by(OTHER, 'desk'), which = operationId) =>
      house.send(retryOperation, { operationId: which }, principal);
    expect((await retries(by(BUYER))).code).toBe('forbidden');
    expect((await retries(undefined, 'refund:none:1')).code).toBe('operation-not-found');
    expect((await retries()).body).toEqual({ attempt: 2 });
    await house.until(async () => (await house.operations('?state=blocked')).items[0]?.attempt === 2);
    expect((await retries(undefined, `checkout:${id}:1`)).code).toBe('operation-not-blocked');
  });

  it('of a payee’s account is shown to him, and he may ask again', async () => {
    await open();
    const party = uuidv7();
    const asks = () => house.send(onboardPayee, { returnUrl }, by(party));
    const shown = async () => (await house.get<AnswerOf<typeof getPayee>>('/v1/payees/mine', undefined, party)).body;
    await fault('accounts.create', 'refuse-400');
    await asks();
    await house.until(async () => (await house.operations('?state=blocked')).items.length);
    expect(await shown()).toMatchObject({ state: 'opening', reason: expect.stringContaining('to be refused') });
    expect((await asks()).code).toBe('done');
    await house.until(async () => (await shown()).onboardingUrl);
    expect(await shown()).toMatchObject({ state: 'onboarding', reason: null });
  });

  it('after it had paid out is paid out again', async () => {
    await open({ payout_seconds: 0 });
    await house.payee(SELLER);
    const saleId = await sold();
    await settled(saleId);
    const [row] = await house.rows<{ id: string }>(`select rail_id as id from rail_operation where kind = 'payout'`);
    await house.control(`/payouts/${row!.id}/fail`, {});
    await house.until(async () => (await house.told(payoutPaid, saleId)).length === 2);
    expect(await house.told(saleReopened, saleId)).toHaveLength(1);
    expect(await house.told(saleSettled, saleId)).toHaveLength(2);
    expect((await house.money(saleId)).payouts).toMatchObject([{ state: 'paid' }]);
    expect((await made())['payout']).toBe(2);
  });

  it('after it had paid out, and again, leaves the sale unsettled and blocked', async () => {
    await open();
    await house.payee(SELLER);
    const saleId = await sold();
    await settled(saleId);
    await fault('payouts.create', 'refuse-400');
    const [row] = await house.rows<{ id: string }>(`select rail_id as id from rail_operation where kind = 'payout'`);
    await house.control(`/payouts/${row!.id}/fail`, {});
    await house.until(async () => (await house.money(saleId)).payouts[0]!.state === 'blocked');
    expect((await house.money(saleId)).state).toBe('released');
    await house.reboot();
    const [blocked] = (await house.operations('?state=blocked')).items;
    await house.send(retryOperation, { operationId: blocked!.operationId }, by(OTHER, 'desk'));
    await settled(saleId);
  });

  it('of an amount that is too large ends the session, and the payer may begin again', async () => {
    await open();
    house.rule('escrow.rail-max-charge-fen', '900000000', 'fen');
    const saleId = uuidv7();
    const id = await house.bidder(saleId, BUYER, 200_000_000n);
    await house.send(payOrder, { orderId: id, returnUrl }, by(BUYER));
    await house.until(async () => (await house.operations('?state=failed')).items.length > 0);
    expect((await house.operations('?state=failed')).items[0]!.reason).toContain('amount_too_large');
    expect(await house.order(id)).toMatchObject({ state: 'open', checkoutUrl: null });
    house.rule('escrow.rail-max-charge-fen', '99999999', 'fen');
    await house.settle(id);
    expect((await house.order(id)).state).toBe('paid');
  });
});

describe("our adapter's requests", () => {
  const got = (endpoint: string) => `GET /v1/${endpoint}`;
  const posted = (endpoint: string) => `POST /v1/${endpoint}`;

  it('of every kind are accepted by the mock that the rail itself publishes', async () => {
    await open();
    await house.payee(SELLER);
    const saleId = uuidv7();
    await house.settle(await house.bidder(saleId, BUYER, 500_000n));
    await returns(saleId);
    await settled(await sold());
    await house.until(async () => (await house.told(depositReturned, saleId)).length);
    const rail = house.running.app.get(PaymentRail);
    const idOf = async (kind: string) => {
      const [row] = await house.rows<{ id: string }>('select id from stripe_sandbox.object where kind = $1', kind);
      return row!.id;
    };
    const [session, paymentId, payeeAccount] = await Promise.all(
      ['checkout.session', 'payment_intent', 'account'].map(idOf),
    );
    const since = Date.now() - 3_600_000;
    const unknown = { key: 'nobody', saleId, party: BUYER, amountFen: 1n, returnUrl };
    for (const kind of ['checkout', 'refund', 'transfer', 'payout'] as const) {
      const order = { ...unknown, kind, paymentId: paymentId!, payeeAccount: payeeAccount! };
      expect(await rail.find(order, since)).toBeUndefined();
    }
    const expired = { type: 'checkout.session.expired', account: null, payload: { data: { object: { id: session } } } };
    await rail.fetch(expired);
    expect((await rail.events(since, null)).events.length).toBeGreaterThan(0);
    await rail.balanceFen();
    await expectStripeMockToAccept(house.sandbox);
    const endpointOf = ({ method, url }: { method: string; url: string }) =>
      `${method} ${url.split('?')[0]!.replaceAll(/\/(?:cs|pi|re|pyr|tr|po|acct|we)_\w+/g, '/:id')}`;
    const endpoints = new Set(house.sandbox.requests().map(endpointOf));
    // The fixture itself makes the webhook's endpoint.
    expect([...endpoints].filter((endpoint) => !endpoint.includes('webhook_endpoints')).toSorted()).toEqual([
      ...['accounts/:id', 'balance', 'checkout/sessions', 'checkout/sessions/:id', 'events'].map(got),
      ...['payment_intents/:id', 'payouts', 'payouts/:id', 'refunds', 'refunds/:id'].map(got),
      ...['transfers', 'transfers/:id'].map(got),
      ...['account_links', 'accounts', 'checkout/sessions', 'payouts', 'refunds', 'transfers'].map(posted),
    ]);
  });
});
