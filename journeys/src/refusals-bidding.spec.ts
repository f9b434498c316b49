import { randomUUID } from 'node:crypto';
import { getRegistration, listBids, placeBid, registerBidder } from '@yuzhi/protocol/bidding';
import type { Client } from '@yuzhi/protocol/client';
import { getOrder } from '@yuzhi/protocol/escrow';
import { getPatent } from '@yuzhi/protocol/register';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Cast, freshSuffix, gather } from './cast.ts';
import { eventually } from './eventually.ts';
import { invented } from './invented.ts';
import { readAddresses } from './journeys.config.ts';
import { refusalOf } from './refusal-of.ts';
import { amount, importInto, Sale } from './sale.ts';
import { type Person, Stage } from './stage.ts';

const HOUR_MS = 3_600_000;

const stage = new Stage(readAddresses());
let cast: Cast;
/** The lot that gets quotes, all below its reserve, and the lot that gets none. */
let lot: Sale;
let quiet: Sale;
let rulesVersion: string;

beforeAll(async () => {
  const suffix = freshSuffix();
  cast = await gather(stage, suffix);
  const { university } = cast;
  const patents = invented(2, [university], suffix.patent);
  await stage.office.enter(patents);
  const now = await stage.now();
  const terms = { freeStartsAt: now + HOUR_MS, admissionEndsAt: now + 2 * HOUR_MS, freeEndsAt: now + 3 * HOUR_MS };
  const announced = patents.map(async ({ number }) => {
    await importInto(stage, university.client, number);
    const sale = await Sale.draft(stage, university, { patentNumber: number, inventors: [], terms });
    await sale.announce();
    return sale;
  });
  [lot, quiet] = (await Promise.all(announced)) as [Sale, Sale];
  ({ rulesVersion } = (await lot.auction()).terms);
}, 60_000);

const register = (by: Client, saleId = lot.saleId, version = rulesVersion) =>
  refusalOf(by.send(registerBidder, { saleId, rulesVersion: version }));
const bid = (by: Client, yuan: string, saleId = lot.saleId) =>
  refusalOf(by.send(placeBid, { saleId, amountFen: amount(yuan) }));

describe('before the bidding', () => {
  it('registers whoever accepts the rules of a lot that is there, once, but not its seller', async () => {
    const { university, firmA } = cast;
    expect(await register(firmA.client, randomUUID())).toBe('auction-not-found');
    expect(await register(university.client)).toBe('bidder-is-seller');
    expect(await register(firmA.client, lot.saleId, 'of another year')).toBe('rules-version-differs');
    await Promise.all([lot.enter(firmA), lot.enter(cast.firmB)]);
    expect(await register(firmA.client)).toBe('bidder-already-registered');
  }, 60_000);

  it('takes no quote', async () => {
    expect(await bid(cast.firmA.client, '200000', randomUUID())).toBe('auction-not-found');
    expect(await bid(cast.firmA.client, '200000')).toBe('bidding-not-open');
  });
});

describe('during the bidding', () => {
  it('takes quotes from those who registered and paid, each above the last by whole increments', async () => {
    const { university, firmA, firmB, inventors } = cast;
    const late = inventors[0]!.client;
    expect(await register(late)).toBe('accepted');
    await stage.advanceTo((await lot.auction()).terms.freeStartsAt + 1000);
    expect(await bid(university.client, '200000')).toBe('bidder-not-registered');
    expect(await bid(late, '200000')).toBe('bidder-not-admitted');
    expect(await bid(firmA.client, '199999')).toBe('bid-below-start-price');
    expect(await bid(firmA.client, '200000')).toBe('accepted');
    expect(await bid(firmA.client, '205000')).toBe('bidder-already-leading');
    expect(await bid(firmB.client, '204999')).toBe('bid-below-next-valid');
    expect(await bid(firmB.client, '205001')).toBe('bid-off-increment');
    const { items } = await stage.anyone.ask(listBids, { saleId: lot.saleId });
    expect(items.map(({ amountFen }) => amountFen)).toEqual([amount('200000')]);
  }, 60_000);

  it('admits nobody any more after the time for it, and sends back what he pays then', async () => {
    const [late, later] = cast.inventors as [Person, Person, Person];
    await stage.advanceTo((await lot.auction()).terms.admissionEndsAt + 1000);
    expect(await register(later.client)).toBe('admission-closed');
    const { orderId } = await late.client.ask(getRegistration, { saleId: lot.saleId });
    await lot.pay(late, orderId);
    const order = await eventually('the money back', async () => {
      const returned = await late.client.ask(getOrder, { orderId });
      return returned.state === 'returned' && returned;
    });
    expect(order.paidFen).toBe(order.amountFen);
    expect(await late.client.ask(getRegistration, { saleId: lot.saleId })).toMatchObject({
      paddle: null,
      deposit: 'due',
    });
  }, 60_000);
});

describe('after the bidding', () => {
  it('leaves a lot unsold without a quote, and one whose quotes stay below its reserve', async () => {
    await stage.advanceTo((await lot.auction()).terms.freeEndsAt + HOUR_MS);
    const [below, none] = await Promise.all([lot.untilListed('unsold'), quiet.untilListed('unsold')]);
    expect(below.result).toEqual({ outcome: 'unsold-below-reserve', paddle: null, priceFen: null });
    expect(none.result).toMatchObject({ outcome: 'unsold-no-bid' });
    await eventually('both patents free again', async () => {
      const numbers = [below.patentNumber, none.patentNumber];
      const patents = await Promise.all(numbers.map((patentNumber) => stage.anyone.ask(getPatent, { patentNumber })));
      return patents.every(({ reservedBy }) => reservedBy === null);
    });
  }, 60_000);

  it('takes neither quotes nor bidders', async () => {
    expect(await bid(cast.firmB.client, '205000')).toBe('auction-ended');
    expect(await register(cast.inventors[2]!.client)).toBe('auction-ended');
  });
});
