import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { applyWinnersDeposit } from '@yuzhi/protocol/bidding';
import { dealEffective } from '@yuzhi/protocol/contracts';
import type { Command, Envelope, Outcome } from '@yuzhi/protocol/declare';
import { applyDeposit, returnDeposit } from '@yuzhi/protocol/escrow';
import { ANN, BOB, CID, LISTINGS, Market, onlyDate, SELLER, service } from './bidding.fixture.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let market: Market;
beforeAll(async () => {
  // A Tuesday, 10:00 in Shanghai.
  jest.useFakeTimers({ now: Date.parse('2026-11-24T02:00:00Z'), ...onlyDate });
  market = await Market.start();
}, 60_000);
afterAll(async () => {
  await market.close();
  jest.useRealTimers();
}, 60_000);

const done = { status: 200, code: 'done', body: { amountFen: '2000' } };
const fault = { status: 500, code: 'internal-fault', body: {} };

/** What bidding has asked of escrow about a sale. */
const asks = () =>
  market.broker
    .partitions('escrow.commands')
    .flatMap(({ records }) => records.map(({ value }) => JSON.parse(value!) as Envelope));
const askedFor = (saleId: string, type: string) =>
  asks()
    .filter((ask) => ask.type === type && (ask.data as { saleId: string }).saleId === saleId)
    .map(({ data, answerTo, key }) => ({ party: (data as { party: string }).party, answerTo, key }));
const returnsOf = (saleId: string) => askedFor(saleId, returnDeposit.type).map(({ party }) => party);
const deposits = async (saleId: string) => {
  const rows = await market.rows<{ party: string; deposit: string; stuck: string | null }>(
    'select party, deposit, stuck from bidder where sale_id = $1',
    saleId,
  );
  return Object.fromEntries(rows.map(({ party, deposit, stuck }) => [party, stuck ? `${deposit}: ${stuck}` : deposit]));
};
const news = async (saleId: string) =>
  (await market.since('bidding.events', saleId)).map(({ type, data }) => [type.split('.')[2], data]);
const answer = (saleId: string, party: string, outcome: Outcome, of: Command = returnDeposit) =>
  market.answer(of, saleId, { book: 'main', saleId, party }, outcome);

/** ANN wins at 100 against BOB; CID registered and never paid. Answers when it ended. */
async function sold(changes = {}): Promise<{ saleId: string; endedAt: number }> {
  const saleId = await market.lot(changes, ANN, BOB);
  await market.register(saleId, CID);
  jest.setSystemTime(Date.now() + HOUR);
  await market.bid(saleId, ANN, '10000');
  jest.setSystemTime(Date.now() + HOUR + 300_000);
  const { endedAt } = await market.ended(saleId);
  await news(saleId);
  return { saleId, endedAt };
}
/** The same, when the deposits have been asked back. */
async function returning(changes = {}): Promise<string> {
  const { saleId } = await sold(changes);
  jest.setSystemTime(Date.now() + 9 * DAY);
  await market.until(
    () => returnsOf(saleId),
    (parties) => parties.length > 0,
  );
  return saleId;
}

describe('after the end', () => {
  it("losers' deposits go back when three working days have passed, never before", async () => {
    const { saleId, endedAt } = await sold();
    // From Tuesday on: Wednesday, Thursday, and Friday to its end.
    const due = Date.parse('2026-11-27T16:00:00Z');
    expect(new Date(endedAt).toISOString()).toBe('2026-11-24T04:05:00.000Z');
    const deadline = await market.rows('select deadline_at from auction where sale_id = $1', saleId);
    expect(deadline).toEqual([{ deadline_at: new Date(due) }]);
    jest.setSystemTime(due - 1);
    await market.running.runtime.sweeper.look();
    await market.idle();
    expect(returnsOf(saleId)).toEqual([]);
    jest.setSystemTime(due);
    await market.until(
      () => returnsOf(saleId),
      (parties) => parties.length > 0,
    );
    const answerTo = { service: 'bidding', key: saleId };
    expect(askedFor(saleId, returnDeposit.type)).toEqual([{ party: BOB, answerTo, key: 'main' }]);
    expect(await deposits(saleId)).toEqual({ [ANN]: 'held', [BOB]: 'returning', [CID]: 'due' });
  });

  it('everybody who paid gets his deposit back when nothing was sold', async () => {
    const saleId = await returning({ reserveFen: '20000' });
    expect(returnsOf(saleId).toSorted()).toEqual([ANN, BOB].toSorted());
    expect(await deposits(saleId)).toEqual({ [ANN]: 'returning', [BOB]: 'returning', [CID]: 'due' });
  });

  it('the settlement is told once, when escrow has taken all of them over', async () => {
    const saleId = await returning({ reserveFen: '20000' });
    await answer(saleId, ANN, done);
    expect(await news(saleId)).toEqual([]);
    await answer(saleId, BOB, done);
    expect(await news(saleId)).toEqual([['deposits-settled', { saleId, returned: 2 }]]);
    const settled = { [ANN]: 'released', [BOB]: 'released', [CID]: 'due' };
    expect(await deposits(saleId)).toEqual(settled);
    for (const outcome of [done, fault]) expect((await answer(saleId, BOB, outcome)).code).toBe('done');
    expect(await news(saleId)).toEqual([]);
    expect(await deposits(saleId)).toEqual(settled);
  });

  it('a failure of escrow is visible with its reason, and a later answer settles it all the same', async () => {
    const saleId = await returning();
    await answer(saleId, BOB, fault);
    const stuck = ['deposit-stuck', { saleId, party: BOB, reason: 'internal-fault' }];
    expect(await news(saleId)).toEqual([stuck]);
    expect(await deposits(saleId)).toMatchObject({ [BOB]: 'returning: internal-fault' });
    await answer(saleId, BOB, done);
    expect(await news(saleId)).toEqual([['deposits-settled', { saleId, returned: 1 }]]);
    expect(await deposits(saleId)).toMatchObject({ [BOB]: 'released' });
  });

  it('a silence of a day is visible', async () => {
    const saleId = await returning();
    jest.setSystemTime(Date.now() + DAY);
    const told = await market.until(
      () => news(saleId),
      (all) => all.length > 0,
    );
    expect(told).toEqual([['deposit-stuck', { saleId, party: BOB, reason: 'unanswered' }]]);
    await answer(saleId, BOB, done);
    expect(await deposits(saleId)).toMatchObject({ [BOB]: 'released' });
  });

  it('an answer that nobody asked for changes nothing', async () => {
    const saleId = await market.lot({}, ANN);
    expect((await answer(saleId, ANN, done)).code).toBe('done');
    expect(await deposits(saleId)).toEqual({ [ANN]: 'held' });
  });
});

describe("the winner's deposit", () => {
  const effective = (saleId: string) => {
    const hash = 'a'.repeat(64);
    const data = { saleId, seller: SELLER, buyer: ANN, contentHash: hash, fileHash: hash, effectiveAt: Date.now() };
    const value = JSON.stringify({ id: uuidv7(), type: dealEffective.type, data });
    market.broker.append({ topic: dealEffective.topic, key: saleId, value });
  };

  it('becomes part of the price when the contract takes effect, once', async () => {
    const { saleId } = await sold();
    effective(saleId);
    effective(saleId);
    await market.until(
      () => askedFor(saleId, applyDeposit.type),
      (all) => all.length > 0,
    );
    await market.idle();
    expect(askedFor(saleId, applyDeposit.type).map(({ party }) => party)).toEqual([ANN]);
    await answer(saleId, ANN, done, applyDeposit);
    await answer(saleId, ANN, done, applyDeposit);
    expect(await deposits(saleId)).toEqual({ [ANN]: 'applied', [BOB]: 'held', [CID]: 'due' });
    expect(await news(saleId)).toEqual([]);
  });

  it('that escrow fails on is visible with its reason', async () => {
    const { saleId } = await sold();
    const apply = () => market.send(applyWinnersDeposit, saleId, { saleId }, service('bidding'));
    await apply();
    await answer(saleId, ANN, fault, applyDeposit);
    expect(await deposits(saleId)).toMatchObject({ [ANN]: 'applying: internal-fault' });
    const reasons = (await news(saleId)).map(([, data]) => (data as { reason: string }).reason);
    expect(reasons).toEqual(['internal-fault']);
    expect((await apply()).code).toBe('done');
    expect(askedFor(saleId, applyDeposit.type)).toHaveLength(1);
  });

  it('is not asked for where nobody won, and only by bidding itself', async () => {
    const saleId = await market.lot({}, ANN);
    const apply = (as = service('bidding')) => market.send(applyWinnersDeposit, saleId, { saleId }, as);
    expect((await apply()).code).toBe('done');
    expect((await apply(LISTINGS)).code).toBe('forbidden');
    await market.idle();
    expect(askedFor(saleId, applyDeposit.type)).toEqual([]);
  });
});
