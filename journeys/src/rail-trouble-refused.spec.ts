import { registerBidder } from '@yuzhi/protocol/bidding';
import { getOrder, listOperations, payOrder, retryOperation } from '@yuzhi/protocol/escrow';
import { getFiling } from '@yuzhi/protocol/register';
import type { AnswerOf } from '@yuzhi/protocol/declare';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agreement } from './agreement.ts';
import { foundFirms, freshSuffix } from './cast.ts';
import { eventually } from './eventually.ts';
import { invented } from './invented.ts';
import { readAddresses } from './journeys.config.ts';
import { amount, importInto, Sale } from './sale.ts';
import { Stage } from './stage.ts';

const stage = new Stage(readAddresses());
const { rail, desk } = stage;
const HOUR_MS = 3_600_000;
const DAY_S = 86_400;

type Operation = AnswerOf<typeof listOperations>['items'][number];
let cast: Awaited<ReturnType<typeof foundFirms>>;
let sale: Sale;
/** Of a deposit that the rail takes in two charges. */
let large: Sale;
/** The loser's deposit. */
let lost: string;

beforeAll(async () => {
  const suffix = freshSuffix();
  cast = await foundFirms(stage, suffix);
  const { university } = cast;
  const patents = invented(2, [university], suffix.patent);
  await stage.office.enter(patents);
  const now = await stage.now();
  const [freeStartsAt, freeEndsAt] = [now + HOUR_MS, now + 3 * HOUR_MS];
  const times = { admissionEndsAt: now + 2 * HOUR_MS, freeStartsAt, freeEndsAt, reserveFen: null };
  const largeTerms = { startPriceFen: amount('10000000'), depositFen: amount('1200000') };
  const sell = async (patentNumber: string, terms: object) => {
    await importInto(stage, university.client, patentNumber);
    const offered = await Sale.draft(stage, university, { patentNumber, inventors: [], terms: { ...times, ...terms } });
    await offered.announce();
    return offered;
  };
  [sale, large] = await Promise.all([sell(patents[0]!.number, {}), sell(patents[1]!.number, largeTerms)]);
}, 120_000);
afterAll(async () => {
  await rail.calm();
  await rail.payOutWithin(0);
});

async function registered(at: Sale, bidder: (typeof cast)['firmA']): Promise<string> {
  const { rulesVersion } = (await at.auction()).terms;
  const { orderId } = await bidder.client.send(registerBidder, { saleId: at.saleId, rulesVersion });
  await eventually('the order', () => bidder.client.ask(getOrder, { orderId }));
  return orderId;
}
const untilOrder = (orderId: string, state: AnswerOf<typeof getOrder>['state']) =>
  eventually(`an order ${state}`, async () => {
    const order = await desk.ask(getOrder, { orderId });
    return order.state === state && order;
  });
/** The newest call of the rail for something, once it is as it should be. */
const untilCalled = (what: string, isIt: (operation: Operation) => boolean) =>
  eventually(what, async () => (await desk.ask(listOperations, { limit: 100 })).items.find(isIt), 60_000);
/** From the contract to the registration. */
async function sold(buyer: (typeof cast)['firmB']): Promise<void> {
  await sale.sign(sale.seller);
  await sale.sign(buyer);
  const { orderId } = await sale.untilDeal('paying', (deal) => deal.orderId !== null);
  await sale.pay(buyer, orderId!);
  const { saleId } = sale;
  const filed = await eventually('the filing', async () => {
    const filing = await buyer.client.ask(getFiling, { saleId });
    return filing.officeReference !== null && filing;
  });
  await stage.office.decide(filed.officeReference!, 'registered');
  await stage.advanceTo((await stage.now()) + 24 * HOUR_MS);
}
const retry = ({ operationId }: Operation) => desk.send(retryOperation, { operationId });

describe('a page to pay on', () => {
  it('that the rail refuses or that nobody used makes room for the next', async () => {
    const { firmA } = cast;
    const orderId = await registered(sale, firmA);
    const isFor = ({ kind, party }: Operation) => kind === 'checkout' && party === firmA.uscc;
    await rail.fail('checkout.sessions.create', ['refuse-400']);
    await firmA.client.send(payOrder, { orderId, returnUrl: stage.addresses.url });
    const refused = await untilCalled('a refused page', (o) => isFor(o) && o.state === 'failed');
    expect(refused.reason).toContain('This was to be refused.');
    await sale.openPage(firmA, orderId);
    await rail.pass(DAY_S + 1);
    await untilCalled('an expired page', (o) => isFor(o) && o.reason === 'expired');
    await sale.pay(firmA, orderId);
    await untilOrder(orderId, 'paid');
    lost = orderId;
  }, 120_000);
});

describe('a deposit', () => {
  it('that was paid in part when the bidding ended goes back by itself, and one that was not is closed', async () => {
    const { firmA, firmB } = cast;
    const partly = await registered(large, firmA);
    expect(await large.payPart(firmA, partly)).toBe(false);
    const unpaid = await registered(large, firmB);
    await sale.enter(firmB);
    const { terms } = await sale.auction();
    await stage.advanceTo(terms.freeStartsAt + 1000);
    await sale.bid(firmB, '200000');
    await stage.advanceTo(terms.freeEndsAt + terms.cycleSeconds * 1000 + 1000);
    await untilOrder(partly, 'returned');
    await untilOrder(unpaid, 'closed');
  }, 120_000);

  it('goes back in the end, though the rail refuses it, lacks the funds, and the bank gives it back', async () => {
    const { firmA } = cast;
    const isRefund = ({ kind, party, saleId }: Operation) =>
      kind === 'refund' && party === firmA.uscc && saleId === sale.saleId;
    const until = (state: Operation['state']) =>
      untilCalled(`a refund ${state}`, (o) => isRefund(o) && o.state === state);
    await rail.fail('refunds.create', ['refuse-400']);
    const notice = await sale.untilListed('result-notice');
    const ended = stage.advanceTo(notice.noticeUntil! + 1000);
    const blocked = await until('blocked');
    await ended;
    await rail.fail('refunds.create', ['no-funds-400']);
    await retry(blocked);
    await untilOrder(lost, 'returned');
    const done = await until('done');
    expect(done.attempt).toBe(3);
    await rail.sendBack('refunds', done.railId!);
    await untilOrder(lost, 'returning');
    await retry(await until('blocked'));
    await untilOrder(lost, 'returned');
  }, 120_000);
});

describe("a payee's money", () => {
  it('reaches him in the end, though the rail refuses it and his bank gives it back', async () => {
    const { university, firmB } = cast;
    const isFor = ({ party, saleId }: Operation) => party === university.uscc && saleId === sale.saleId;
    const until = (kind: 'transfer' | 'payout', state: Operation['state'], attempt: number) =>
      untilCalled(`${kind} ${attempt} ${state}`, (o) => {
        return isFor(o) && o.kind === kind && o.state === state && o.attempt === attempt;
      });
    const bankGivesBack = async (state: 'done' | 'sent', attempt: number) =>
      rail.sendBack('payouts', (await until('payout', state, attempt)).railId!);
    await sale.onboard(university.client, university.name);
    await rail.fail('transfers.create', ['no-funds-400']);
    await rail.fail('transfers.create', ['refuse-400']);
    await sold(firmB);
    await retry(await until('transfer', 'blocked', 2));
    await until('payout', 'done', 1);
    await rail.payOutWithin(1000);
    await bankGivesBack('done', 1);
    await bankGivesBack('sent', 2);
    await bankGivesBack('sent', 3);
    await rail.payOutWithin(0);
    await retry(await until('payout', 'blocked', 3));
    await bankGivesBack('done', 4);
    const blocked = await until('payout', 'blocked', 4);
    expect((await sale.money(desk)).state).toBe('released');
    await retry(blocked);
    await until('payout', 'done', 5);
    const { payouts, state: ended } = await sale.money(desk);
    expect([ended, ...payouts.map(({ state }) => state)]).toEqual(['settled', 'paid']);
    const agreed = await agreement(stage);
    expect(agreed.differenceFen).toBe('0');
    expect((await rail.summary()).difference_fen).toBe('0');
  }, 240_000);
});
