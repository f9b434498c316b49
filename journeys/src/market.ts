import { demonstrationPatents } from '@yuzhi/patent-office/demonstration-patents';
import { listAuctions } from '@yuzhi/protocol/bidding';
import { listDeals } from '@yuzhi/protocol/contracts';
import { getPatent, importPatent, listPatents } from '@yuzhi/protocol/register';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { type Cast, DEMO_PASSWORD, gather } from './cast.ts';
import { eventually } from './eventually.ts';
import { atMostOnce, refusalOf } from './refusal-of.ts';
import { Sale } from './sale.ts';
import type { Firm, OrganisationDetails, Stage } from './stage.ts';
import { StraightLine } from './straight-line.ts';

/** Patents of the demonstration market beside the story's own. */
export const PATENTS = 200;
const SEED = 2026;
const STORY_SERIAL = 90_000;

type Extra = Pick<OrganisationDetails, 'name' | 'nameEn' | 'kind' | 'legalRepresentative' | 'region'>;

/** Quotes of the live auction, in yuan, by turns. */
const QUOTES = ['200000', '210000', '220000'];

/** With the cast of the story and the platform itself, twelve organisations. */
const OTHERS: Extra[] = [
  {
    name: '豫中农业科学院（演示）',
    nameEn: 'Central Henan Academy of Agriculture (demo)',
    kind: 'institute',
    legalRepresentative: '漯嘉禾',
    region: '411100',
  },
  {
    name: '黄淮食品研究所（演示）',
    nameEn: 'Huanghuai Food Institute (demo)',
    kind: 'institute',
    legalRepresentative: '沁望舒',
    region: '411700',
  },
  {
    name: '洛阳重工国有控股（演示）',
    nameEn: 'Luoyang Heavy Industry State Holding (demo)',
    kind: 'state-firm',
    legalRepresentative: '洛立新',
    region: '410300',
  },
  {
    name: '新乡生物制药有限公司（演示）',
    nameEn: 'Xinxiang Biopharma Co., Ltd. (demo)',
    kind: 'firm',
    legalRepresentative: '嵩景行',
    region: '410700',
  },
  {
    name: '许昌智能装备有限公司（演示）',
    nameEn: 'Xuchang Smart Equipment Co., Ltd. (demo)',
    kind: 'firm',
    legalRepresentative: '颍怀瑾',
    region: '411000',
  },
  {
    name: '南阳光电科技有限公司（演示）',
    nameEn: 'Nanyang Optoelectronics Co., Ltd. (demo)',
    kind: 'firm',
    legalRepresentative: '淇守一',
    region: '411300',
  },
  {
    name: '焦作耐火材料有限公司（演示）',
    nameEn: 'Jiaozuo Refractories Co., Ltd. (demo)',
    kind: 'firm',
    legalRepresentative: '虢雨桐',
    region: '410800',
  },
  {
    name: '中原知识产权银行（演示）',
    nameEn: 'Central Plains IP Bank (demo)',
    kind: 'bank',
    legalRepresentative: '郏明远',
    region: '410100',
  },
];
const detailsOfOther = (i: number): OrganisationDetails => {
  const extra = OTHERS[i]!;
  const category = extra.kind === 'institute' ? '12' : '91';
  return { ...extra, uscc: makeUscc(110 + i, { category, region: extra.region }), address: '河南省（演示地址）' };
};
/** Who sells in the live auction: one of the others, a state firm. */
const SELLER = 2;

/** One after the other: a password's hash is meant to be slow, and nobody waits for this market. */
async function foundOthers(stage: Stage): Promise<Firm[]> {
  const firms: Firm[] = [];
  for (const [i, extra] of OTHERS.entries()) {
    const login = `demo.org${String(i + 1).padStart(2, '0')}`;
    const person = await stage.signUp(extra.legalRepresentative, login, DEMO_PASSWORD);
    firms.push(await stage.found(detailsOfOther(i), person));
  }
  return firms;
}

/** Invented patents on the official register, imported by those who own them. */
async function importPatents(stage: Stage, { university }: Cast, others: Firm[]): Promise<void> {
  const firms = [university, ...others.filter(({ kind }) => kind !== 'bank')];
  const owners = firms.map(({ uscc, name }) => ({ party: uscc, name }));
  const patents = demonstrationPatents(PATENTS, { owners, seed: SEED });
  await stage.office.enter(patents);
  await Promise.all(
    patents.map(({ number, owners: [owner] }) => {
      const firm = firms.find(({ uscc }) => uscc === owner!.party) ?? university;
      return atMostOnce('patent-already-mirrored', firm.client.send(importPatent, { patentNumber: number }));
    }),
  );
  const mirrored = async () => (await Array.fromAsync(stage.anyone.list(listPatents, {}))).length;
  await eventually('the mirror of all patents', async () => (await mirrored()) >= PATENTS, 120_000);
}

/** The story with a patent that no earlier attempt has taken: one that was broken off keeps its own. */
async function freshLine(stage: Stage, cast: Cast): Promise<StraightLine> {
  for (let serial = STORY_SERIAL; ; serial++) {
    const line = new StraightLine(stage, cast, serial);
    const { number: patentNumber } = line.official();
    if ((await refusalOf(stage.anyone.ask(getPatent, { patentNumber }))) === 'not-found') return line;
  }
}

/** Up to the contract that waits for its signatures. */
async function dealHalfWay(stage: Stage, cast: Cast): Promise<void> {
  const { items } = await cast.university.client.ask(listDeals, { limit: 100 });
  if (items.some(({ state }) => state === 'signing')) return;
  const line = await freshLine(stage, cast);
  const { patentNumber } = await line.patent();
  await line.list(patentNumber);
  await line.admit();
  await line.bid();
  await line.result();
  await line.sale.untilDeal('signing', ({ state }) => state === 'signing');
}

/** In its free period, with three quotes. */
async function liveAuction(stage: Stage, { firmA, firmB }: Cast, seller: Firm): Promise<void> {
  const { items } = await stage.anyone.ask(listPatents, { owner: seller.uscc, limit: 100 });
  const free = items.find(
    ({ reservedBy, entry }) => !reservedBy && entry?.status === 'GRANTED' && entry.owners.length === 1,
  );
  if (!free) throw new Error(`${seller.name} has no patent to sell`);
  const sale = await Sale.draft(stage, seller, { patentNumber: free.patentNumber, inventors: [] });
  const { terms } = await sale.announce();
  await sale.enter(firmA);
  await sale.enter(firmB);
  await stage.advanceTo(terms.freeStartsAt + 1000);
  for (const [i, yuan] of QUOTES.entries()) await sale.bid(i % 2 ? firmB : firmA, yuan);
}

/** The last thing that is done: whoever finds it need not look for the rest. */
export async function isSeeded(stage: Stage): Promise<boolean> {
  const seller = detailsOfOther(SELLER).uscc;
  for await (const auction of stage.anyone.list(listAuctions, {})) {
    if (auction.seller === seller && auction.bids >= QUOTES.length) return true;
  }
  return false;
}

/**
 * A small market: 201 patents, 12 organisations, a deal half-way, a live auction. Says each step as it is done. What an
 * earlier attempt did before it was broken off is not done again.
 */
export async function seedMarket(stage: Stage, say: (step: string) => void): Promise<void> {
  const cast = await gather(stage);
  const others = await foundOthers(stage);
  say(`${others.length + 4} organisations`);
  await importPatents(stage, cast, others);
  say(`${PATENTS} patents`);
  await dealHalfWay(stage, cast);
  say('a deal that waits for its signatures');
  await liveAuction(stage, cast, others[SELLER]!);
  say('a live auction');
}
