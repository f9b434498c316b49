import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  admitBidder,
  applyWinnersDeposit,
  openAuction,
  placeBid,
  registerBidder,
  wakeAuction,
} from '@yuzhi/protocol/bidding';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { ANN, BOB, by, CID, LISTINGS, Market, onlyDate, SELLER, service, termsFrom } from './bidding.fixture.ts';
import { depositOrder } from './follows.ts';

const HOUR = 3_600_000;
const CYCLE = 300_000;
let market: Market;
beforeAll(async () => {
  jest.useFakeTimers({ now: Date.parse('2026-11-24T02:00:00Z'), ...onlyDate });
  market = await Market.start();
}, 60_000);
afterAll(async () => {
  await market.close();
  jest.useRealTimers();
}, 60_000);

const pass = (ms: number) => jest.setSystemTime(Date.now() + ms);
const told = async (saleId: string) =>
  (await market.since('bidding.events', saleId)).map(({ type, data, actor }) => ({ type, data, actor }));
const types = async (saleId: string) => (await told(saleId)).map(({ type }) => type.replace(/^bidding\.auction\./, ''));
const code = async (outcome: Promise<{ code: string }>) => (await outcome).code;
/** A bidding whose free period has begun. */
async function free(...parties: string[]): Promise<string> {
  const saleId = await market.lot({}, ...parties);
  pass(HOUR);
  return saleId;
}

describe('opening a bidding', () => {
  const open = (changes = {}, saleId = uuidv7(), as = LISTINGS) =>
    market.send(openAuction, saleId, { saleId, seller: SELLER, terms: termsFrom(Date.now(), changes) }, as);

  it('takes the rules in force and tells what everybody may know, never the reserve', async () => {
    const saleId = uuidv7();
    expect(await open({ reserveFen: '98765' }, saleId)).toMatchObject({
      status: 200,
      body: { rulesVersion: '2026.1' },
    });
    const all = await told(saleId);
    const public_ = { saleId, seller: SELLER, startPriceFen: '10000', depositFen: '2000', rulesVersion: '2026.1' };
    expect(all).toMatchObject([{ type: 'bidding.auction.opened.v1', data: public_ }]);
    expect(JSON.stringify(all)).not.toContain('98765');
  });

  it.each([
    ['reserve-out-of-bounds', { reserveFen: '9999' }],
    ['deposit-out-of-bounds', { depositFen: '499' }],
    ['deposit-out-of-bounds', { depositFen: '2001' }],
    ['periods-out-of-order', { freeEndsAt: 1 }],
    ['cycle-out-of-bounds', { cycleSeconds: 3601 }],
  ])('is refused with %s', async (refusal, changes) => {
    expect(await code(open(changes))).toBe(refusal);
  });

  it('takes a deposit on either bound of the rulebook', async () => {
    expect(await code(open({ depositFen: '500' }))).toBe('done');
    expect(await code(open({ depositFen: '2000' }))).toBe('done');
  });

  it('is done once per sale, and answered alike when the same request comes again', async () => {
    const saleId = uuidv7();
    expect(await code(open({}, saleId))).toBe('done');
    expect(await open({ depositFen: '600' }, saleId)).toMatchObject({ status: 200, body: { rulesVersion: '2026.1' } });
    expect(await types(saleId)).toEqual(['opened.v1']);
    const terms = termsFrom(Date.now());
    const again = () => market.send(openAuction, uuid, { saleId: uuid, seller: SELLER, terms }, LISTINGS, 'once');
    const uuid = uuidv7();
    expect(await again()).toEqual(await again());
  });

  it('is for listings alone', async () => {
    expect(await code(open({}, uuidv7(), service('contracts')))).toBe('forbidden');
    expect(await code(open({}, uuidv7(), by(ANN, 'desk')))).toBe('forbidden');
  });
});

describe('registering', () => {
  const register = (saleId: string, party: string, rulesVersion = '2026.1') =>
    market.send(registerBidder, saleId, { rulesVersion }, by(party));

  it('answers and tells the order by which the deposit is paid, for a natural person too', async () => {
    const saleId = await market.lot();
    for (const party of [ANN, CID]) {
      const orderId = depositOrder(saleId, party);
      expect(await register(saleId, party)).toMatchObject({ status: 200, body: { orderId, depositFen: '2000' } });
    }
    const registered = (party: string) => ({
      type: 'bidding.auction.bidder-registered.v1',
      data: { saleId, party, rulesVersion: '2026.1', orderId: depositOrder(saleId, party), depositFen: '2000' },
      actor: { party, person: party },
    });
    expect((await told(saleId)).slice(1)).toEqual([registered(ANN), registered(CID)]);
  });

  it('is refused by the first violated rule', async () => {
    const saleId = await market.lot({}, BOB);
    expect(await code(register(uuidv7(), ANN))).toBe('auction-not-found');
    expect(await code(register(saleId, SELLER))).toBe('bidder-is-seller');
    expect(await code(register(saleId, ANN, '2025.9'))).toBe('rules-version-differs');
    expect(await code(register(saleId, BOB))).toBe('bidder-already-registered');
    pass(2 * HOUR);
    expect(await code(register(saleId, ANN))).toBe('admission-closed');
    pass(CYCLE);
    expect(await code(register(saleId, ANN))).toBe('auction-ended');
  });

  it('is for bidders', async () => {
    const saleId = await market.lot();
    const send = market.send(registerBidder, saleId, { rulesVersion: '2026.1' }, by(ANN, 'holder'));
    expect(await code(send)).toBe('forbidden');
  });
});

describe('admission', () => {
  it('gives paddles in the order in which deposits arrive', async () => {
    const saleId = await market.lot();
    await market.register(saleId, ANN);
    await market.register(saleId, BOB);
    expect(await market.admit(saleId, BOB)).toMatchObject({ status: 200, body: { paddle: 1 } });
    expect(await market.admit(saleId, ANN)).toMatchObject({ status: 200, body: { paddle: 2 } });
    const admitted = (await told(saleId)).slice(3).map(({ data }) => data);
    expect(admitted).toEqual([
      { saleId, party: BOB, paddle: 1 },
      { saleId, party: ANN, paddle: 2 },
    ]);
  });

  it('is refused once it is closed: escrow then sends the money back', async () => {
    const saleId = await market.lot({}, BOB);
    await market.register(saleId, ANN);
    for (const ms of [2 * HOUR, CYCLE]) {
      pass(ms);
      expect(await code(market.admit(saleId, ANN))).toBe('admission-closed');
    }
    expect(await market.admit(saleId, BOB)).toMatchObject({ status: 200, body: { paddle: 1 } });
  });

  it('of a deposit that nobody owed is a mistake of ours', async () => {
    const saleId = await market.lot();
    await market.register(saleId, ANN);
    expect(await code(market.admit(uuidv7(), ANN))).toBe('internal-fault');
    expect(await code(market.admit(saleId, CID))).toBe('internal-fault');
    expect(await code(market.admit(saleId, ANN, '1999'))).toBe('internal-fault');
  });

  it('is for escrow alone', async () => {
    const saleId = await market.lot();
    const data = { saleId, party: ANN, heldFen: '2000', orderId: uuidv7() };
    expect(await code(market.send(admitBidder, saleId, data, LISTINGS))).toBe('forbidden');
  });
});

describe('a quote', () => {
  it('obeys the row "Bid rule": start 100, increment 10, high 130', async () => {
    const saleId = await free(ANN, BOB);
    expect(await code(market.bid(saleId, ANN, '12000'))).toBe('done');
    expect(await market.bid(saleId, BOB, '13000')).toMatchObject({ code: 'done', body: { nextValidFen: '14000' } });
    const refused = { status: 422, code: 'bid-below-next-valid', body: { nextValidFen: '14000' } };
    expect(await market.bid(saleId, ANN, '13500')).toEqual(refused);
    expect(await market.bid(saleId, ANN, '13000')).toEqual(refused);
    expect(await market.bid(saleId, ANN, '14500')).toMatchObject({ code: 'bid-off-increment' });
    expect(await market.bid(saleId, ANN, '14000')).toMatchObject({ code: 'done' });
    expect(await market.bid(saleId, BOB, '16000')).toMatchObject({ code: 'done', body: { nextValidFen: '17000' } });
  });

  it('obeys the row "Bid rule": the first needs only the start price, 105, then next 115', async () => {
    const saleId = await free(ANN, BOB);
    expect(await market.bid(saleId, ANN, '9999')).toEqual({
      status: 422,
      code: 'bid-below-start-price',
      body: { nextValidFen: '10000' },
    });
    const first = { seq: 2, at: Date.now(), amountFen: '10500', paddle: 1, nextValidFen: '11500' };
    expect(await market.bid(saleId, ANN, '10500')).toEqual({
      status: 200,
      code: 'done',
      body: { ...first, period: 'free', cycle: 0, cycleEndsAt: null },
    });
    expect(await market.bid(saleId, BOB, '11000')).toMatchObject({ code: 'bid-below-next-valid' });
    expect(await market.bid(saleId, BOB, '11500')).toMatchObject({ code: 'done' });
  });

  it('is refused by the first violated rule and says what would be valid', async () => {
    const saleId = await market.lot({}, ANN, BOB);
    await market.register(saleId, CID);
    expect(await market.bid(uuidv7(), ANN, '10000')).toMatchObject({ status: 404, code: 'auction-not-found' });
    const refused = (status: number, refusal: string, nextValidFen: string | null) => {
      return { status, code: refusal, body: { nextValidFen } };
    };
    expect(await market.bid(saleId, ANN, '10000')).toEqual(refused(409, 'bidding-not-open', '10000'));
    pass(HOUR);
    expect(await market.bid(saleId, SELLER, '10000')).toEqual(refused(403, 'bidder-not-registered', '10000'));
    expect(await market.bid(saleId, CID, '10000')).toEqual(refused(403, 'bidder-not-admitted', '10000'));
    await market.bid(saleId, ANN, '10000');
    expect(await market.bid(saleId, ANN, '11000')).toEqual(refused(409, 'bidder-already-leading', '11000'));
    pass(HOUR + CYCLE);
    expect(await market.bid(saleId, BOB, '11000')).toEqual(refused(409, 'auction-ended', null));
    const send = market.send(placeBid, saleId, { amountFen: '11000' }, by(ANN, 'finance'));
    expect(await code(send)).toBe('forbidden');
  });

  it('is decided once per idempotency key, and another amount under that key is refused', async () => {
    const saleId = await free(ANN);
    const first = await market.bid(saleId, ANN, '10000', 'key-1');
    expect(await market.bid(saleId, ANN, '10000', 'key-1')).toEqual(first);
    expect(await code(market.bid(saleId, ANN, '20000', 'key-1'))).toBe('idempotency-key-reused');
    expect(await market.rows('select from bid where sale_id = $1', saleId)).toHaveLength(1);
  });

  it('is kept with who placed it, valid or refused, for ever', async () => {
    const saleId = await free(ANN, BOB);
    const sent = { ...by(ANN), person: CID };
    await market.send(placeBid, saleId, { amountFen: '10000' }, sent);
    await market.bid(saleId, BOB, '10000');
    const rows = await market.rows(
      `select seq, bidder, person, paddle, amount_fen, refusal, bids, leader_seq, head
       from bid where sale_id = $1 order by seq`,
      saleId,
    );
    const standing = { bids: 1, leader_seq: 1, head: 2 };
    expect(rows).toEqual([
      { seq: 1, bidder: ANN, person: CID, paddle: 1, amount_fen: '10000', refusal: null, ...standing },
      {
        seq: 2,
        bidder: BOB,
        person: BOB,
        paddle: 2,
        amount_fen: '10000',
        refusal: 'bid-below-next-valid',
        ...standing,
      },
    ]);
    for (const change of ['update bid set amount_fen = 1', 'delete from bid', 'delete from moment']) {
      await expect(market.database.writer.query(change)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('leads to no event', async () => {
    const saleId = await free(ANN, BOB);
    await market.bid(saleId, ANN, '10000');
    await market.bid(saleId, BOB, '11000');
    expect(await types(saleId)).not.toContainEqual(expect.stringContaining('bid-'));
  });
});

describe('time', () => {
  it("alone brings the periods, the cycles and the end, and is nobody's act", async () => {
    const saleId = await market.lot({}, ANN);
    await told(saleId);
    const at = Date.now();
    const happened: unknown[] = [];
    for (const ms of [HOUR, HOUR, CYCLE]) {
      pass(ms);
      happened.push(
        ...(await market.until(
          () => told(saleId),
          (news) => news.length > 0,
        )),
      );
    }
    const actor = { party: 'service:bidding', person: 'service:bidding' };
    const unsold = { outcome: 'unsold-no-bid', winner: null, paddle: null, priceFen: null, bids: 0 };
    expect(happened).toEqual([
      { type: 'bidding.auction.period-changed.v1', data: { saleId, period: 'free', at: at + HOUR }, actor },
      { type: 'bidding.auction.period-changed.v1', data: { saleId, period: 'timed', at: at + 2 * HOUR }, actor },
      { type: 'bidding.auction.ended.v1', data: { saleId, ...unsold, endedAt: at + 2 * HOUR + CYCLE }, actor },
    ]);
  });

  it('that a quote happens to notice does not name the bidder either', async () => {
    const saleId = await market.lot({}, ANN);
    market.running.runtime.sweeper.stop();
    pass(HOUR);
    await market.bid(saleId, ANN, '10000');
    const changed = (await told(saleId)).find(({ type }) => type.includes('period-changed'))!;
    expect(JSON.stringify(changed)).not.toContain(ANN);
    market.running.runtime.sweeper.start();
  });

  it('lets a bid in until the last millisecond of a cycle and none at its end, however late the timer is', async () => {
    const saleId = await market.lot({}, ANN, BOB);
    market.running.runtime.sweeper.stop();
    const freeEnds = Date.now() + 2 * HOUR;
    jest.setSystemTime(freeEnds + CYCLE - 1);
    const last = { cycle: 2, cycleEndsAt: freeEnds + 2 * CYCLE - 1, period: 'timed' };
    expect(await market.bid(saleId, ANN, '10000')).toMatchObject({ code: 'done', body: last });
    jest.setSystemTime(freeEnds + 2 * CYCLE - 1);
    expect(await market.bid(saleId, BOB, '11000')).toMatchObject({ code: 'auction-ended' });
    const ended = { winner: ANN, paddle: 1, priceFen: '10000', bids: 1, endedAt: freeEnds + 2 * CYCLE - 1 };
    expect(await market.ended(saleId)).toMatchObject({ outcome: 'sold', ...ended });
    market.running.runtime.sweeper.start();
  });

  it('wakes nobody but by bidding itself, and a wake-up too many changes nothing', async () => {
    const saleId = await market.lot();
    const row = () => market.rows('select xmin, * from auction where sale_id = $1', saleId);
    const before = await row();
    expect(await code(market.send(wakeAuction, saleId, {}, service('bidding')))).toBe('done');
    expect(await row()).toEqual(before);
    expect(await code(market.send(wakeAuction, saleId, {}, LISTINGS))).toBe('forbidden');
  });
});

it('a deadline or a contract without its auction is set aside for repair', async () => {
  const saleId = uuidv7();
  expect(await code(market.send(wakeAuction, saleId, {}, service('bidding')))).toBe('internal-fault');
  const apply = market.send(applyWinnersDeposit, saleId, { saleId }, service('bidding'));
  expect(await code(apply)).toBe('internal-fault');
  expect(await market.rows('select from quarantine where key = $1', saleId)).toHaveLength(2);
});

it('escrow is asked nothing while a bidding is under way', async () => {
  const asked = market.broker.partitions('escrow.commands').flatMap(({ records }) => records);
  const saleId = await free(ANN, BOB);
  await market.bid(saleId, ANN, '10000');
  await market.idle();
  const now = market.broker.partitions('escrow.commands').flatMap(({ records }) => records);
  expect(now.length).toBe(asked.length);
});
