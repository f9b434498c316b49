import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { uuidv7 } from '@yuzhi/messaging/ids';
import type { getAuction, getRegistration, listAuctions, listBids } from '@yuzhi/protocol/bidding';
import type { AnswerOf } from '@yuzhi/protocol/declare';
import { ANN, BOB, CID, Market, onlyDate, SELLER } from './bidding.fixture.ts';
import { depositOrder } from './follows.ts';

const HOUR = 3_600_000;
const CYCLE = 300_000;
let market: Market;
beforeAll(async () => {
  jest.useFakeTimers({ now: Date.parse('2026-11-24T02:00:00Z'), ...onlyDate });
  market = await Market.start();
  // Nothing is woken here: reads must not depend on it.
  market.running.runtime.sweeper.stop();
}, 60_000);
afterAll(async () => {
  await market.close();
  jest.useRealTimers();
}, 60_000);

const pass = (ms: number) => jest.setSystemTime(Date.now() + ms);
const auctionOf = async (saleId: string) =>
  (await market.get<AnswerOf<typeof getAuction>>(`/v1/auctions/${saleId}`)).body;
const list = async (query = '') => (await market.get<AnswerOf<typeof listAuctions>>(`/v1/auctions${query}`)).body;
const bids = async (saleId: string, query = '') =>
  (await market.get<AnswerOf<typeof listBids>>(`/v1/auctions/${saleId}/bids${query}`)).body;

describe('a bidding', () => {
  it('shows its terms and how it stands, never the reserve or who leads', async () => {
    const now = Date.now();
    const saleId = await market.lot({ reserveFen: '98765' }, ANN, BOB);
    pass(HOUR);
    await market.bid(saleId, BOB, '10500');
    await market.bid(saleId, ANN, '10500');
    const shown = await auctionOf(saleId);
    expect(shown).toEqual({
      saleId,
      seller: SELLER,
      period: 'free',
      terms: {
        startPriceFen: '10000',
        incrementFen: '1000',
        depositFen: '2000',
        admissionEndsAt: now + 2 * HOUR,
        freeStartsAt: now + HOUR,
        freeEndsAt: now + 2 * HOUR,
        cycleSeconds: 300,
        reserved: true,
        rulesVersion: '2026.1',
      },
      bidders: 2,
      highestFen: '10500',
      leadingPaddle: 2,
      nextValidFen: '11500',
      bids: 1,
      cycle: 0,
      cycleEndsAt: null,
      result: null,
      now: now + HOUR,
      head: 2,
    });
  });

  it('is shown as it stands now although nobody has noticed what is due, and nothing is written', async () => {
    const saleId = await market.lot({}, ANN);
    const row = () => market.rows('select xmin, * from auction where sale_id = $1', saleId);
    const before = await row();
    const start = Date.now();
    expect(await auctionOf(saleId)).toMatchObject({ period: 'scheduled', nextValidFen: '10000', head: 0 });
    pass(HOUR);
    expect(await auctionOf(saleId)).toMatchObject({ period: 'free' });
    pass(HOUR);
    const cycleEndsAt = start + 2 * HOUR + CYCLE;
    expect(await auctionOf(saleId)).toMatchObject({ period: 'timed', cycle: 1, cycleEndsAt });
    pass(CYCLE);
    const result = { outcome: 'unsold-no-bid', endedAt: cycleEndsAt, paddle: null, priceFen: null };
    expect(await auctionOf(saleId)).toMatchObject({ period: 'ended', nextValidFen: null, result });
    expect(await row()).toEqual(before);
  });

  it('shows the cycle that the last valid quote opened, and the result after it', async () => {
    const saleId = await market.lot({}, ANN, BOB);
    pass(2 * HOUR + 1);
    await market.bid(saleId, ANN, '10000');
    pass(CYCLE - 1);
    await market.bid(saleId, BOB, '11000');
    await market.bid(saleId, BOB, '12000');
    const cycleEndsAt = Date.now() + CYCLE;
    expect(await auctionOf(saleId)).toMatchObject({ period: 'timed', cycle: 3, cycleEndsAt, bids: 2, head: 7 });
    pass(CYCLE);
    const result = { outcome: 'sold', endedAt: cycleEndsAt, paddle: 2, priceFen: '11000' };
    expect(await auctionOf(saleId)).toMatchObject({ period: 'ended', leadingPaddle: 2, result });
  });

  it('that nobody opened is not found', async () => {
    for (const rest of ['', '/bids', '/live']) {
      expect((await market.get(`/v1/auctions/${uuidv7()}${rest}`)).status).toBe(404);
    }
  });
});

describe('the list of biddings', () => {
  it('is paged from the one that begins last on', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      ids.unshift(await market.lot());
      pass(10);
    }
    const first = await list('?limit=2');
    expect(first.items.map(({ saleId }) => saleId)).toEqual(ids.slice(0, 2));
    const second = await list(`?limit=2&after=${first.next}`);
    expect(second.items[0]!.saleId).toBe(ids[2]);
    const all = await list('?limit=100');
    expect(all.next).toBeNull();
    const starts = all.items.map(({ terms }) => terms.freeStartsAt);
    expect(starts).toEqual(starts.toSorted((a, b) => b - a));
  });

  it('of one period holds those that are in it now, woken or not', async () => {
    const saleId = await market.lot({}, ANN);
    const where = async () => {
      const found: string[] = [];
      for (const period of ['scheduled', 'free', 'timed', 'ended']) {
        const { items } = await list(`?limit=100&period=${period}`);
        expect(items.every((item) => item.period === period)).toBe(true);
        if (items.some((item) => item.saleId === saleId)) found.push(period);
      }
      return found;
    };
    expect(await where()).toEqual(['scheduled']);
    pass(HOUR);
    expect(await where()).toEqual(['free']);
    pass(HOUR);
    expect(await where()).toEqual(['timed']);
    pass(CYCLE - 1);
    await market.bid(saleId, ANN, '10000');
    pass(CYCLE - 1);
    expect(await where()).toEqual(['timed']);
    pass(1);
    expect(await where()).toEqual(['ended']);
  });
});

describe('the quotes of a bidding', () => {
  it('are the valid ones by paddle, newest first, page by page', async () => {
    const saleId = await market.lot({}, ANN, BOB);
    pass(HOUR);
    for (const [party, amount] of [
      [ANN, '10000'],
      [ANN, '11000'],
      [BOB, '11000'],
      [ANN, '11500'],
      [ANN, '12000'],
    ] as const) {
      await market.bid(saleId, party, amount);
    }
    const at = Date.now();
    const newest = { seq: 5, at, paddle: 1, amountFen: '12000' };
    const middle = { seq: 3, at, paddle: 2, amountFen: '11000' };
    const oldest = { seq: 1, at, paddle: 1, amountFen: '10000' };
    expect(await bids(saleId)).toEqual({ items: [newest, middle, oldest], next: null });
    const page = await bids(saleId, '?limit=2');
    expect(page.items).toEqual([newest, middle]);
    expect(await bids(saleId, `?limit=2&after=${page.next}`)).toEqual({ items: [oldest], next: null });
  });

  it('and the biddings are read behind whatever fits the form of a cursor', async () => {
    const saleId = await market.lot({}, ANN);
    pass(HOUR);
    await market.bid(saleId, ANN, '10000');
    expect((await bids(saleId, `?after=999999999999999_${saleId}`)).items).toHaveLength(1);
    expect((await list(`?after=999999999999999_${saleId}`)).items.length).toBeGreaterThan(0);
    expect((await market.get(`/v1/auctions/${saleId}/live?after=999999999999`)).status).toBe(200);
  });

  it('are none before the first', async () => {
    expect(await bids(await market.lot())).toEqual({ items: [], next: null });
  });
});

describe('my registration', () => {
  const mine = (saleId: string, person?: string) =>
    market.get<AnswerOf<typeof getRegistration>>(`/v1/auctions/${saleId}/registration`, person);

  it('shows how far I am: registered, admitted, leading', async () => {
    const saleId = await market.lot({}, ANN);
    expect((await mine(saleId, CID)).status).toBe(404);
    await market.register(saleId, CID);
    const registered = {
      ...{ saleId, party: CID, rulesVersion: '2026.1', registeredAt: Date.now() },
      ...{ orderId: depositOrder(saleId, CID), paddle: null, admittedAt: null, leading: false, deposit: 'due' },
    };
    expect((await mine(saleId, CID)).body).toEqual(registered);
    await market.admit(saleId, CID);
    const admitted = { ...registered, paddle: 2, admittedAt: Date.now(), deposit: 'held' };
    expect((await mine(saleId, CID)).body).toEqual(admitted);
    pass(HOUR);
    await market.bid(saleId, CID, '10000');
    expect((await mine(saleId, CID)).body).toEqual({ ...admitted, leading: true });
    await market.bid(saleId, ANN, '11000');
    expect((await mine(saleId, CID)).body).toEqual(admitted);
  });

  it('shows a deposit that is being applied as held, which it still is', async () => {
    const saleId = await market.lot({}, CID);
    for (const [stored, shown] of [
      ['applying', 'held'],
      ['applied', 'applied'],
      ['returning', 'returning'],
    ]) {
      await market.rows('update bidder set deposit = $2 where sale_id = $1', saleId, stored);
      expect((await mine(saleId, CID)).body.deposit).toBe(shown);
    }
  });

  it('is for bidders who signed in', async () => {
    expect((await mine(await market.lot())).status).toBe(401);
  });
});

describe('the live stream', () => {
  const fill = async (saleId: string, after: number, limit = 500) =>
    (
      await market.get<{ items: { seq: number; item: { kind: string } }[]; head: number }>(
        `/v1/auctions/${saleId}/live?after=${after}&limit=${limit}`,
      )
    ).body;

  it('is filled from any item on, at most as far as asked', async () => {
    const saleId = await market.lot({}, ANN, BOB);
    pass(HOUR);
    await market.bid(saleId, ANN, '10000');
    await market.bid(saleId, ANN, '10000');
    await market.bid(saleId, BOB, '11000');
    expect(await auctionOf(saleId)).toMatchObject({ head: 3 });
    pass(HOUR);
    await market.bid(saleId, ANN, '12000');
    pass(CYCLE);
    await market.bid(saleId, BOB, '13000');
    const all = await fill(saleId, 0);
    expect(all.head).toBe(8);
    expect(all.items.map(({ seq, item }) => `${seq} ${item.kind}`)).toEqual([
      '1 period',
      '2 bid',
      '3 bid',
      '4 period',
      '5 cycle',
      '6 bid',
      '7 cycle',
      '8 ended',
    ]);
    for (let after = 0; after <= 9; after++) {
      for (const limit of [1, 2, 500]) {
        expect((await fill(saleId, after, limit)).items).toEqual(all.items.slice(after, after + limit));
      }
    }
  });

  it('has nothing before anything happened', async () => {
    expect(await fill(await market.lot(), 0)).toEqual({ items: [], head: 0 });
  });
});
