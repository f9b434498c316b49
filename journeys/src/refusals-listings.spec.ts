import { randomUUID } from 'node:crypto';
import { biddingRefusals } from '@yuzhi/protocol/bidding';
import type { AnswerOf, InputOf, Refusal } from '@yuzhi/protocol/declare';
import { demonstrationNumber } from '@yuzhi/protocol/patent-number';
import {
  approveListing,
  draftListing,
  getListing,
  returnListing,
  reviseListing,
  submitListing,
  withdrawListing,
} from '@yuzhi/protocol/listings';
import { getPatent, importPatent, registerRefusals } from '@yuzhi/protocol/register';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO_PASSWORD, FIRM_A, foundFirm, freshSuffix, UNIVERSITY } from './cast.ts';
import { eventually } from './eventually.ts';
import { invented } from './invented.ts';
import { readAddresses } from './journeys.config.ts';
import { refusalOf } from './refusal-of.ts';
import { amount, importInto, offerOf, Sale } from './sale.ts';
import { type Firm, type Person, Stage } from './stage.ts';

const DAY_MS = 86_400_000;

const stage = new Stage(readAddresses());
const suffix = freshSuffix();
const UNKNOWN = demonstrationNumber(2018, 'invention', suffix.patent + 9);
let university: Firm;
let firm: Firm;
let inventor: Person;
/** The university's, by what is wrong with them; `plain` has nothing. */
let patents: Record<'plain' | 'pledged' | 'preserved' | 'lapsed' | 'late' | 'shared' | 'foreign', string>;

beforeAll(async () => {
  [university, firm] = await Promise.all([foundFirm(stage, UNIVERSITY, suffix), foundFirm(stage, FIRM_A, suffix)]);
  inventor = await stage.signUp('沁文博', `inventor${suffix.login}`, DEMO_PASSWORD);
  const [plain, pledged, preserved, lapsed] = invented(4, [university], suffix.patent);
  const [late] = invented(1, [university], suffix.patent + 4, (await stage.now()) - 60 * DAY_MS);
  const [shared] = invented(1, [university, firm], suffix.patent + 5);
  const [foreign] = invented(1, [firm], suffix.patent + 6);
  const all = { plain, pledged, preserved, lapsed, late, shared, foreign };
  const { office } = stage;
  await office.enter(Object.values(all).map((patent) => patent!));
  await office.encumber(pledged!.number, 'pledge', '中原知识产权银行（演示）');
  await office.encumber(preserved!.number, 'preservation', '郑州市中级人民法院');
  await office.endOrRestore(lapsed!.number, 'lapse');
  const numbers = Object.entries(all).map(([what, patent]) => [what, patent!.number]);
  patents = Object.fromEntries(numbers) as typeof patents;
  await Promise.all(Object.values(patents).map((number) => importInto(stage, university.client, number)));
}, 60_000);

const draft = (patentNumber: string, terms = {}) =>
  Sale.draft(stage, university, { patentNumber, inventors: [], terms });
/** What a draft with this reward is refused with, and a revision of an earlier one. */
async function offered(reward: Partial<InputOf<typeof draftListing>['reward']>) {
  const offer = offerOf(await stage.now());
  const data = { ...offer, reward: { ...offer.reward, ...reward } };
  const { saleId } = await draft(patents.plain);
  const { client } = university;
  return Promise.all([
    refusalOf(client.send(draftListing, { patentNumber: patents.plain, ...data })),
    refusalOf(client.send(reviseListing, { saleId, ...data })),
  ]);
}
const twice = (code: string) => [code, code];
const submit = ({ saleId }: Sale, by = university.client) => by.send(submitListing, { saleId });

/** Submitted and approved; the listing once the register and the bidding have had their say. */
async function reviewed(sale: Sale) {
  const { saleId } = sale;
  await submit(sale);
  await stage.desk.send(approveListing, { saleId });
  return eventually('the end of the review', async () => {
    const listing = await university.client.ask(getListing, { saleId });
    return !['in-review', 'reserving', 'opening'].includes(listing.status) && listing;
  });
}
/** Its holder reads the refusal, and what he can do. */
const told = ({ zh, en, next }: Refusal) => ({
  status: 'returned',
  returnReason: `${zh}${next.zh} ${en} ${next.en}`,
});

describe('a patent', () => {
  it('is imported once', async () => {
    const again = university.client.send(importPatent, { patentNumber: patents.plain });
    expect(await refusalOf(again)).toBe('patent-already-mirrored');
  });

  it('that is not on the register is looked for again when somebody asks, and when it comes there', async () => {
    const [granted] = invented(1, [university], suffix.patent + 7);
    const patentNumber = granted!.number;
    const until = (state: AnswerOf<typeof getPatent>['state']) =>
      eventually(`a patent ${state}`, async () => {
        const patent = await stage.anyone.ask(getPatent, { patentNumber });
        return patent.state === state && patent;
      });
    await university.client.send(importPatent, { patentNumber });
    await until('not-on-register');
    await university.client.send(importPatent, { patentNumber });
    await until('not-on-register');
    await stage.office.enter([granted!]);
    await stage.office.encumber(patentNumber, 'pledge', '中原知识产权银行（演示）');
    expect((await until('mirrored')).entry?.encumbrances).toMatchObject([{ kind: 'pledge' }]);
  }, 60_000);

  it.each([
    ['is unknown to the mirror', 'patent-unknown', () => UNKNOWN],
    ["is somebody else's", 'seller-not-owner', () => patents.foreign],
    ['has a second owner', 'co-owner-consent-missing', () => patents.shared],
    ['has lapsed', 'patent-not-in-force', () => patents.lapsed],
    ['has an annuity overdue', 'annuity-unpaid', () => patents.late],
    ['is pledged', 'patent-pledged', () => patents.pledged],
    ['is preserved by a court', 'patent-preserved', () => patents.preserved],
  ] as const)('is not announced when it %s, and its holder reads why', async (_, code, numberOf) => {
    const listing = await reviewed(await draft(numberOf()));
    expect(listing).toMatchObject(told(registerRefusals[code]));
  });
});

describe('a listing', () => {
  it('comes back as long as its terms do not fit together, and then holds its patent against every other', async () => {
    const now = await stage.now();
    const sale = await draft(patents.plain, { reserveFen: amount('199999') });
    const { saleId } = sale;
    expect(await reviewed(sale)).toMatchObject(told(biddingRefusals['reserve-out-of-bounds']));
    const revise = (terms: Parameters<typeof draft>[1]) =>
      university.client.send(reviseListing, { saleId, ...offerOf(now, [], terms) });
    await revise({ depositFen: amount('150000') });
    expect(await reviewed(sale)).toMatchObject(told(biddingRefusals['deposit-out-of-bounds']));
    await revise({ cycleSeconds: 9 });
    expect(await reviewed(sale)).toMatchObject(told(biddingRefusals['cycle-out-of-bounds']));
    await revise({ freeEndsAt: now + DAY_MS });
    expect(await reviewed(sale)).toMatchObject(told(biddingRefusals['periods-out-of-order']));
    await revise({});
    expect(await reviewed(sale)).toMatchObject({ status: 'announced', returnReason: null });

    const second = await reviewed(await draft(patents.plain));
    expect(second).toMatchObject(told(registerRefusals['patent-reserved']));
    const mine = { saleId, ...offerOf(now) };
    expect(await refusalOf(university.client.send(reviseListing, mine))).toBe('listing-not-editable');
    expect(await refusalOf(submit(sale))).toBe('listing-not-editable');
    expect(await refusalOf(university.client.send(withdrawListing, { saleId }))).toBe('listing-not-withdrawable');
    expect(await refusalOf(stage.desk.send(approveListing, { saleId }))).toBe('listing-not-in-review');
    const comment = '请补充实施情况。';
    expect(await refusalOf(stage.desk.send(returnListing, { saleId, comment }))).toBe('listing-not-in-review');
  }, 60_000);

  it('belongs to its holder alone', async () => {
    const { saleId } = await draft(patents.foreign);
    const offer = offerOf(await stage.now());
    const attempts = (id: string) =>
      Promise.all([
        refusalOf(firm.client.send(reviseListing, { saleId: id, ...offer })),
        refusalOf(firm.client.send(submitListing, { saleId: id })),
        refusalOf(firm.client.send(withdrawListing, { saleId: id })),
      ]);
    expect(await attempts(saleId)).toEqual(Array(3).fill('listing-not-yours'));
    expect(await attempts(randomUUID())).toEqual(Array(3).fill('listing-not-found'));
  });

  it('is not there for the desk under an id that nobody has', async () => {
    const saleId = randomUUID();
    expect(await refusalOf(stage.desk.send(approveListing, { saleId }))).toBe('listing-not-found');
    expect(await refusalOf(stage.desk.send(returnListing, { saleId, comment: '无' }))).toBe('listing-not-found');
  });

  it('is withdrawn by its holder as a draft, in review and after the desk has returned it', async () => {
    const drafts = await Promise.all([1, 2, 3].map(() => draft(patents.pledged)));
    const [, second, third] = drafts as [Sale, Sale, Sale];
    await Promise.all([submit(second), submit(third)]);
    await stage.desk.send(returnListing, { saleId: third.saleId, comment: '请说明质押情况。' });
    const returned = await university.client.ask(getListing, { saleId: third.saleId });
    expect(returned).toMatchObject({ status: 'returned', returnReason: '请说明质押情况。' });
    for (const { saleId } of drafts) {
      await university.client.send(withdrawListing, { saleId });
      expect((await university.client.ask(getListing, { saleId })).status).toBe('withdrawn');
    }
  });

  it('names nobody twice among its inventors', async () => {
    const part = { party: inventor.id, weight: 1 };
    expect(await offered({ inventors: [part, part], noneBecause: null })).toEqual(twice('invalid-input'));
  });

  it('names inventors whom the platform knows, or says why there are none', async () => {
    const stranger = { party: randomUUID(), weight: 1 };
    expect(await offered({ inventors: [stranger], noneBecause: null })).toEqual(twice('inventor-unknown'));
    expect(await offered({ inventors: [], noneBecause: null })).toEqual(twice('invalid-input'));
    const part = { party: inventor.id, weight: 1 };
    expect(await offered({ inventors: [part], noneBecause: '非职务发明' })).toEqual(twice('invalid-input'));
  });

  it('has no costs above its start price', async () => {
    const costs = ['150000', '50000.01'].map((yuan) => ({ what: '评估', amountFen: amount(yuan) }));
    expect(await offered({ costs })).toEqual(twice('costs-above-start-price'));
  });
});
