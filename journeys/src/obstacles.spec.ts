import { randomUUID } from 'node:crypto';
import { getDeal, signContract } from '@yuzhi/protocol/contracts';
import { getFiling, getPatent, registerRefusals } from '@yuzhi/protocol/register';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { foundFirms, freshSuffix } from './cast.ts';
import { eventually } from './eventually.ts';
import { invented, ownerOf } from './invented.ts';
import { readAddresses } from './journeys.config.ts';
import { refusalOf } from './refusal-of.ts';
import { amount, importInto, Sale } from './sale.ts';
import { type Firm, Stage } from './stage.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The office's own working days, which the other stories count on. */
const OFFICE_DAYS = 5;

const stage = new Stage(readAddresses());
const { office } = stage;
let university: Firm;
let buyer: Firm;
let outsider: Firm;

/** What comes between the announcement and the contract, and how it goes away again. */
const OBSTACLES = [
  {
    code: 'patent-pledged',
    put: (number: string) => office.encumber(number, 'pledge', '中原知识产权银行（演示）'),
    lift: (number: string) => office.disencumber(number),
  },
  {
    code: 'patent-preserved',
    put: (number: string) => office.encumber(number, 'preservation', '郑州市中级人民法院'),
    lift: (number: string) => office.disencumber(number),
  },
  // Its owner does not pay by himself: the calendar does it.
  { code: 'annuity-unpaid', put: async () => {}, lift: (number: string) => office.payAnnuity(number) },
  {
    code: 'patent-not-in-force',
    put: (number: string) => office.endOrRestore(number, 'lapse'),
    lift: (number: string) => office.endOrRestore(number, 'restoration'),
  },
  {
    code: 'co-owner-consent-missing',
    put: (number: string) => office.transfer(number, [ownerOf(university)], [university, outsider].map(ownerOf)),
    // The wrong way: now the patent is wholly somebody else's.
    lift: (number: string) => office.transfer(number, [university, outsider].map(ownerOf), [ownerOf(outsider)]),
  },
] as const;
const LATE = 2;
const SHARED = 4;

let sales: Sale[];
let numbers: string[];

beforeAll(async () => {
  const suffix = freshSuffix();
  ({ university, firmA: buyer, firmB: outsider } = await foundFirms(stage, suffix));
  const now = await stage.now();
  const patents = invented(OBSTACLES.length, [university], suffix.patent);
  patents[LATE] = invented(1, [university], suffix.patent + LATE, now + DAY_MS)[0]!;
  numbers = patents.map(({ number }) => number);
  await office.enter(patents);
  const [freeStartsAt, freeEndsAt] = [now + 5 * MINUTE_MS, now + 3 * DAY_MS];
  const terms = { reserveFen: null, freeStartsAt, freeEndsAt, admissionEndsAt: freeEndsAt };
  sales = await Promise.all(
    numbers.map(async (patentNumber) => {
      await importInto(stage, university.client, patentNumber);
      const sale = await Sale.draft(stage, university, { patentNumber, inventors: [], terms });
      await sale.announce();
      await sale.enter(buyer);
      return sale;
    }),
  );
  await stage.advanceTo(freeStartsAt + 1000);
  await Promise.all(sales.map((sale) => sale.bid(buyer, '200000')));
}, 120_000);
afterAll(() => office.takeDays(OFFICE_DAYS));

const deals = () => Promise.all(sales.map(({ saleId }) => university.client.ask(getDeal, { saleId })));
const untilDeals = (what: string, reached: (deal: Awaited<ReturnType<typeof deals>>[number], i: number) => boolean) =>
  eventually(`deals ${what}`, async () => {
    const found = await deals();
    return found.every(reached) && found;
  });
const filings = () => Promise.all(sales.map(({ saleId }) => university.client.ask(getFiling, { saleId })));
const untilFilings = (what: string, reached: (state: string) => boolean) =>
  eventually(`filings ${what}`, async () => {
    const found = await filings();
    return found.every(({ state }) => reached(state)) && found;
  });
const aDayLater = async () => stage.advanceTo((await stage.now()) + DAY_MS);

/** Changes the official register and waits until the mirror has followed. */
async function change(act: (number: string, i: number) => Promise<unknown>, which = numbers): Promise<void> {
  const versions = () =>
    Promise.all(
      which.map(async (patentNumber) => (await stage.anyone.ask(getPatent, { patentNumber })).entry!.officeVersion),
    );
  const before = await versions();
  await Promise.all(which.map(act));
  await eventually('the mirror', async () => (await versions()).every((version, i) => version > before[i]!));
}

describe('what comes between an announcement and its contract', () => {
  it('stops the deal before anything is signed, and everyone concerned reads why', async () => {
    const { terms } = await sales[0]!.auction();
    await change(async (number, i) => {
      await OBSTACLES[i]!.put(number);
      if (i === LATE) await stage.advanceTo(terms.freeEndsAt + terms.cycleSeconds * 1000 + 1000);
    });
    const notices = await Promise.all(sales.map((sale) => sale.untilListed('result-notice')));
    await stage.advanceTo(Math.max(...notices.map(({ noticeUntil }) => noticeUntil!)) + 1000);
    const stopped = await untilDeals('stopped', ({ stuck }) => stuck !== null);
    expect(stopped.map(({ state, stuck }) => [state, stuck])).toEqual(
      OBSTACLES.map(({ code }) => {
        const { zh, en } = registerRefusals[code];
        return ['confirming', { reason: code, zh, en, since: expect.any(Number) }];
      }),
    );
    const [{ saleId }] = stopped as [(typeof stopped)[0]];
    const early = university.client.send(signContract, { saleId, contentHash: '0'.repeat(64), consent: true });
    expect(await refusalOf(early)).toBe('contract-not-signable');
  }, 120_000);

  it('lets the deal go on by itself once it has gone away', async () => {
    await change((number, i) => OBSTACLES[i]!.lift(number));
    await aDayLater();
    const others = await untilDeals('going on', ({ state }, i) => i === SHARED || state === 'signing');
    expect(others.map(({ stuck }) => stuck?.reason)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'seller-not-owner',
    ]);
    await change((number) => office.transfer(number, [ownerOf(outsider)], [ownerOf(university)]), [numbers[SHARED]!]);
    await aDayLater();
    await untilDeals('to be signed', ({ state, stuck }) => state === 'signing' && stuck === null);
  }, 120_000);
});

describe('a contract', () => {
  it('is signed by its parties alone, once each, and as it is', async () => {
    const [deal] = await deals();
    const { saleId, contract } = deal!;
    const { contentHash } = contract!;
    const sign = (by: Firm, hash = contentHash, id = saleId) =>
      refusalOf(by.client.send(signContract, { saleId: id, contentHash: hash, consent: true }));
    expect(await sign(university, contentHash, randomUUID())).toBe('deal-not-found');
    expect(await sign(outsider)).toBe('not-a-party');
    expect(await sign(buyer, '0'.repeat(64))).toBe('content-hash-differs');
    expect(await sign(university)).toBe('accepted');
    expect(await sign(university)).toBe('contract-already-signed');
  });
});

describe('the office', () => {
  it('says at any stage whether a transfer is registered, to be mended or refused', async () => {
    await office.takeDays(2);
    await Promise.all(
      sales.map(async (sale, i) => {
        if (i > 0) await sale.sign(university);
        await sale.sign(buyer);
        const { orderId } = await sale.untilDeal('paying', (deal) => deal.orderId !== null);
        await sale.pay(buyer, orderId!);
      }),
    );
    const filed = await untilFilings('accepted', (state) => state === 'accepted');
    const decide = (i: number, outcome: 'registered' | 'defective' | 'refused') =>
      office.decide(filed[i]!.officeReference!, outcome);
    await Promise.all([decide(0, 'registered'), decide(1, 'defective'), decide(2, 'refused')]);
    // Before the platform asks again, the buyer has passed it on.
    await office.transfer(numbers[0]!, [ownerOf(buyer)], [ownerOf(outsider)]);
    for (let days = 0; (await filings())[3]!.state === 'accepted' && days < 30; days++) await aDayLater();
    expect((await filings()).slice(3).map(({ state }) => state)).toEqual(['examined', 'examined']);
    await Promise.all([decide(3, 'defective'), decide(4, 'refused')]);
    await aDayLater();
    const decided = await untilFilings('decided', (state) => state !== 'accepted' && state !== 'examined');
    expect(decided.map(({ state }) => state)).toEqual(['registered', 'defective', 'refused', 'defective', 'refused']);
    const ended = await untilDeals('as far as they come', ({ stuck }) => stuck !== null);
    const refused = Array<string>(4).fill('filing-refused');
    expect(ended.map(({ stuck }) => stuck!.reason)).toEqual(['registered-to-another', ...refused]);
    const money = await Promise.all(sales.map((sale) => sale.money(buyer.client)));
    expect(money.map(({ state, escrowFen }) => [state, escrowFen])).toEqual(
      money.map(() => ['funded', amount('200000')]),
    );
  }, 180_000);
});
