import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { admitBidder, auctionEnded, biddingRefusals } from '@yuzhi/protocol/bidding';
import type { AnswerOf, Outcome } from '@yuzhi/protocol/declare';
import {
  applyDeposit,
  closeDeposits,
  depositReturned,
  expectPrice,
  type listOrders,
  moneySentBack,
  openDepositOrder,
  orderOpened,
  payOrder,
  returnDeposit,
} from '@yuzhi/protocol/escrow';
import { BUYER, by, House, OTHER, SELLER, service } from './escrow.fixture.ts';

const returnUrl = 'https://yuzhi.example/back';
const bidding = service('bidding');
let house: House;
let saleId: string;
beforeAll(async () => {
  house = await House.open();
});
afterAll(() => house.close());
beforeEach(() => void (saleId = uuidv7()));

const returns = (party = BUYER) => house.send(returnDeposit, { saleId, party }, bidding);
const held = async (amountFen = 1_000_000n, party = BUYER) => {
  const id = await house.bidder(saleId, party, amountFen);
  await house.settle(id);
  await house.idle();
  return id;
};
const admits = (orderId: string, outcome: Outcome) =>
  house.answer(admitBidder, { saleId, party: BUYER, heldFen: '1000000', orderId }, outcome);
const refusal = (code: keyof typeof biddingRefusals) => ({ status: biddingRefusals[code].status, code, body: {} });

describe('the order of a deposit', () => {
  it('is opened by a registration, once, and only with its own contents', async () => {
    const id = await house.bidder(saleId, BUYER, 1_000_000n);
    expect(await house.told(orderOpened, saleId)).toMatchObject([{ orderId: id, party: BUYER, purpose: 'deposit' }]);
    const opens = (part: object = {}) => {
      const data = { orderId: id, saleId, payer: BUYER, amountFen: '1000000', ...part };
      return house.send(openDepositOrder, data, service('escrow'));
    };
    expect((await opens()).code).toBe('done');
    expect((await opens({ amountFen: '1000001' })).code).toBe('internal-fault');
    expect((await opens({ payer: OTHER })).code).toBe('internal-fault');
    expect(await house.told(orderOpened, saleId)).toHaveLength(1);
  });

  it('is paid on the rail’s page, which opens once however often one asks', async () => {
    const id = await house.bidder(saleId, BUYER, 1_000_000n);
    const key = uuidv7();
    const first = await house.send(payOrder, { orderId: id, returnUrl }, by(BUYER), key);
    expect(first).toMatchObject({ status: 200, body: { orderId: id, amountFen: '1000000' } });
    expect(await house.send(payOrder, { orderId: id, returnUrl }, by(BUYER), key)).toEqual(first);
    expect((await house.send(payOrder, { orderId: id, returnUrl }, by(BUYER))).body).toEqual(first.body);
    await house.idle();
    expect(await house.rows('select from rail_operation where sale_id = $1', saleId)).toHaveLength(1);
    expect((await house.order(id)).checkoutUrl).toContain('/pay/cs_test_');
    await house.pay(id);
    await house.until(async () => (await house.order(id)).state === 'paid');
    expect(await house.order(id)).toMatchObject({
      state: 'paid',
      paidFen: '1000000',
      checkoutUrl: null,
      nextChargeFen: '0',
    });
  });

  it('is refused to pay by each rule of its catalogue', async () => {
    const id = await house.bidder(saleId, BUYER, 1_000_000n);
    const pays = async (orderId: string, party: string, url = returnUrl) =>
      (await house.send(payOrder, { orderId, returnUrl: url }, by(party))).code;
    expect(await pays(uuidv7(), BUYER)).toBe('order-not-found');
    expect(await pays(id, OTHER)).toBe('order-not-yours');
    for (const url of ['nowhere', 'javascript:alert(1)', 'ftp://x']) {
      expect(await pays(id, BUYER, url)).toBe('return-address-invalid');
    }
    expect((await house.send(payOrder, { orderId: id, returnUrl }, by(BUYER, 'holder'))).code).toBe('forbidden');
    await house.settle(id);
    expect(await pays(id, BUYER)).toBe('order-not-payable');
  });

  it('whose page has run out can be paid on a new one', async () => {
    const id = await house.bidder(saleId, BUYER, 1_000_000n);
    await house.send(payOrder, { orderId: id, returnUrl }, by(BUYER));
    const page = await house.until(async () => (await house.order(id)).checkoutUrl);
    await house.control('/clock/advance', { seconds: 86_401 });
    await house.until(async () => (await house.order(id)).checkoutUrl === null);
    await house.send(payOrder, { orderId: id, returnUrl }, by(BUYER));
    expect(await house.until(async () => (await house.order(id)).checkoutUrl)).not.toBe(page);
    await house.pay(id);
    await house.until(async () => (await house.order(id)).state === 'paid');
  });
});

describe('a deposit that is held', () => {
  it('is given back when bidding says so, and only once', async () => {
    const id = await held();
    const key = uuidv7();
    const back = await house.send(returnDeposit, { saleId, party: BUYER }, bidding, key);
    expect(back).toMatchObject({ status: 200, body: { amountFen: '1000000' } });
    expect(await house.send(returnDeposit, { saleId, party: BUYER }, bidding, key)).toEqual(back);
    expect((await returns()).code).toBe('internal-fault');
    expect(await house.told(depositReturned, saleId)).toEqual([
      { saleId, orderId: id, party: BUYER, amountFen: '1000000' },
    ]);
    expect((await house.order(id)).state).toBe('returned');
    expect((await house.send(applyDeposit, { saleId, party: BUYER }, bidding)).code).toBe('internal-fault');
  });

  it('is part of the price when bidding says so, and cannot be given back any more', async () => {
    const id = await held();
    expect((await house.send(applyDeposit, { saleId, party: OTHER }, bidding)).code).toBe('internal-fault');
    expect((await house.send(applyDeposit, { saleId, party: BUYER }, bidding)).body).toEqual({ amountFen: '1000000' });
    expect((await house.order(id)).state).toBe('applied');
    expect((await returns()).code).toBe('internal-fault');
    expect((await house.money(saleId)).escrowFen).toBe('1000000');
  });

  it('leaves once, however many ask for it at the same time, under one key or under many', async () => {
    await held();
    const key = uuidv7();
    const ask = (idempotencyKey: string) =>
      house.send(returnDeposit, { saleId, party: BUYER }, bidding, idempotencyKey);
    const same = await Promise.all(Array.from({ length: 64 }, () => ask(key)));
    expect(same).toEqual(same.map(() => ({ status: 200, code: 'done', body: { amountFen: '1000000' } })));
    const others = await Promise.all(Array.from({ length: 64 }, () => ask(uuidv7())));
    expect(new Set(others.map(({ code }) => code))).toEqual(new Set(['internal-fault']));
    await house.idle();
    expect(await house.rows(`select from rail_operation where sale_id = $1 and kind = 'refund'`, saleId)).toHaveLength(
      1,
    );
    expect(await house.told(depositReturned, saleId)).toHaveLength(1);
  });

  it('is nobody’s to move but bidding’s', async () => {
    await held();
    for (const principal of [by(BUYER), by(BUYER, 'desk', 'ops'), service('contracts')]) {
      expect((await house.send(returnDeposit, { saleId, party: BUYER }, principal)).code).toBe('forbidden');
      expect((await house.send(applyDeposit, { saleId, party: BUYER }, principal)).code).toBe('forbidden');
    }
  });
});

describe('the answer of bidding', () => {
  it('that admission is closed sends the deposit back by itself, and says so', async () => {
    const id = await held();
    await admits(id, refusal('admission-closed'));
    expect(await house.told(moneySentBack, saleId)).toEqual([
      { saleId, orderId: id, party: BUYER, amountFen: '1000000', reason: 'admission-closed' },
    ]);
    expect((await house.order(id)).state).toBe('returned');
    expect(await house.told(depositReturned, saleId)).toEqual([]);
  });

  it('that is late, repeated or says what is so already changes nothing', async () => {
    const id = await held();
    await admits(id, { status: 200, code: 'done', body: { paddle: 7 } });
    expect((await house.order(id)).state).toBe('paid');
    await returns();
    await house.idle();
    await admits(id, refusal('admission-closed'));
    await admits(id, { status: 500, code: 'internal-fault', body: {} });
    expect(await house.order(id)).toMatchObject({ state: 'returned', stuck: null });
    expect(await house.told(moneySentBack, saleId)).toEqual([]);
  });

  it('that is a fault of ours leaves the deposit where it is, visibly stuck', async () => {
    const id = await held();
    await admits(id, { status: 500, code: 'internal-fault', body: {} });
    expect((await house.order(id)).stuck).toMatchObject({ reason: 'internal-fault' });
    await returns();
    await house.idle();
    expect(await house.order(id)).toMatchObject({ state: 'returned', stuck: null });
  });

  it('that comes after such a fault, or its deposit’s becoming the price, ends the stop', async () => {
    const id = await held();
    const fails = () => admits(id, { status: 500, code: 'internal-fault', body: {} });
    await fails();
    await admits(id, { status: 200, code: 'done', body: { paddle: 7 } });
    expect(await house.order(id)).toMatchObject({ state: 'paid', stuck: null });
    await fails();
    await house.send(applyDeposit, { saleId, party: BUYER }, bidding);
    expect(await house.order(id)).toMatchObject({ state: 'applied', stuck: null });
  });
});

describe('the end of the bidding', () => {
  it('closes what was not paid, sends back what was paid in part, and leaves what is held', async () => {
    house.rule('escrow.rail-max-charge-fen', '600000', 'fen');
    const [half, none, whole] = [
      await house.bidder(saleId, BUYER, 1_000_000n),
      await house.bidder(saleId, OTHER, 1_000_000n),
      await house.bidder(saleId, SELLER, 600_000n),
    ];
    await house.send(payOrder, { orderId: half, returnUrl }, by(BUYER));
    await house.pay(half);
    await house.settle(whole);
    await house.until(async () => (await house.order(half)).paidFen === '600000');
    await house.send(payOrder, { orderId: none, returnUrl }, by(OTHER));
    const page = await house.until(async () => (await house.order(none)).checkoutUrl);
    const end = { outcome: 'unsold-no-bid', winner: null, paddle: null, priceFen: null, bids: 0, endedAt: 1 } as const;
    house.tell(auctionEnded, { saleId, ...end });
    await house.until(async () => (await house.order(none)).state === 'closed');
    await house.idle();
    expect((await house.order(half)).state).toBe('returned');
    expect((await house.order(whole)).state).toBe('paid');
    expect(await house.told(moneySentBack, saleId)).toMatchObject([{ party: BUYER, amountFen: '600000' }]);

    await house.control('/pay', { session: page!.slice(page!.lastIndexOf('/') + 1), method: 'alipay' });
    await house.until(async () => (await house.told(moneySentBack, saleId)).length === 2);
    expect((await house.order(none)).state).toBe('closed');
    expect((await house.send(closeDeposits, { saleId }, service('escrow'))).code).toBe('done');
    house.rule('escrow.rail-max-charge-fen', '99999999', 'fen');
  });
});

describe('orders are read', () => {
  type Orders = AnswerOf<typeof listOrders>;
  const read = (path: string, party: string) => house.get<Orders>(path, undefined, party);

  it('by their payer and by the desk, and by nobody else', async () => {
    const [ann, bob] = [uuidv7(), uuidv7()];
    const id = await house.bidder(saleId, ann, 1_000n);
    expect((await house.get(`/v1/orders/${id}`, undefined, ann)).status).toBe(200);
    expect((await house.get(`/v1/orders/${id}`, undefined, bob)).status).toBe(404);
    expect((await house.get(`/v1/orders/${uuidv7()}`, undefined, ann)).status).toBe(404);
    expect((await read('/v1/orders', bob)).body.items).toEqual([]);
    expect((await house.order(id)).payer).toBe(ann);
    const clerk = await house.employ(BUYER, 'holder');
    expect((await house.get('/v1/orders', BUYER, clerk)).status).toBe(403);
  });

  it('page by page, the newest first, of one sale or of all', async () => {
    const party = uuidv7();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift(await house.bidder(uuidv7(), party, 1_000n));
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { body } = await read(`/v1/orders?limit=2${next && `&after=${encodeURIComponent(next)}`}`, party);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ orderId }) => orderId));
      next = body.next;
    }
    expect(seen).toEqual(ids);
    const { saleId: one } = await house.order(ids[2]!);
    expect((await read(`/v1/orders?saleId=${one}`, party)).body.items.map(({ orderId }) => orderId)).toEqual([ids[2]]);
  });
});

describe('the money of a sale is read', () => {
  it('by a bidder as far as it is his own, by the parties with its price, by strangers not at all', async () => {
    await held(1_000_000n, BUYER);
    await held(2_000_000n, OTHER);
    const seen = async (party: string, person: string) => {
      const { status, body } = await house.get<Awaited<ReturnType<House['money']>>>(
        `/v1/sales/${saleId}/money`,
        party,
        person,
      );
      return { status, accounts: body.entries?.map(({ account }) => account), priceFen: body.priceFen };
    };
    const [ann, bob, eve] = await Promise.all([BUYER, OTHER, SELLER].map((party) => house.employ(party, 'bidder')));
    expect(await seen(BUYER, ann!)).toMatchObject({
      status: 200,
      accounts: [`deposit:${saleId}:${BUYER}`],
      priceFen: null,
    });
    expect(await seen(OTHER, bob!)).toMatchObject({ status: 200, accounts: [`deposit:${saleId}:${OTHER}`] });
    expect((await seen(SELLER, eve!)).status).toBe(404);
    const terms = {
      saleId,
      buyer: BUYER,
      seller: SELLER,
      priceFen: '5000000',
      depositFen: '1000000',
      dueAt: 9_999_999_999_999,
    };
    await house.send(expectPrice, terms, service('contracts'));
    await house.send(applyDeposit, { saleId, party: BUYER }, bidding);
    expect(await seen(SELLER, eve!)).toMatchObject({
      status: 200,
      accounts: [`escrow:${saleId}`],
      priceFen: '5000000',
    });
    expect((await seen(OTHER, bob!)).priceFen).toBeNull();
    expect((await house.money(saleId)).entries.length).toBeGreaterThan(5);
    expect((await house.get(`/v1/sales/${uuidv7()}/money`, BUYER, ann)).status).toBe(404);
  });
});
