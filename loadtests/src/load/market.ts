import { invented, ownerOf } from '@yuzhi/journeys/invented';
import { importInto, Sale } from '@yuzhi/journeys/sale';
import type { Stage } from '@yuzhi/journeys/stage';
import type { Deal, Lot } from './given.ts';
import type { LoadOptions } from './options.ts';
import { bidderAt, inTurns, type Roster, SELLER } from './roster.ts';

const DAY_MS = 86_400_000;
/** Bidders who are admitted to an ordinary lot: whoever leads may not raise, and one may have been refused. */
const ADMITTED = 3;
/** The free period outlasts every run. */
const OPEN_DAYS = 60;
/** Lots that are made at one time. */
const AT_ONCE = 4;
/** Working days of the office in a run of deals. */
const OFFICE_DAYS = 2;
const PATENT_SERIALS = 100_000;
/** Deals of an hour take more than ten years of the platform's clock, and their patents must be in force until then. */
const FILED = 2024;

export interface Market {
  lots: Lot[];
  hotLot: Lot | null;
  warmLot: Lot | null;
  deals: Deal[];
}

/** Patents of the seller on the official register, of serials that no other run draws. */
async function patents(stage: Stage, { seller }: Roster, count: number, chance: number): Promise<string[]> {
  const first = Math.floor(chance * (PATENT_SERIALS - count));
  const drafts = invented(count, [seller], first, undefined, FILED);
  await stage.office.enter(drafts.map((draft) => ({ ...draft, owners: [ownerOf(seller)] })));
  return drafts.map(({ number }) => number);
}

interface LotPlan {
  patentNumber: string;
  bidders: number[];
  strangers: number[];
  now: number;
}

/** Imported, listed, approved; each bidder has registered, paid on the rail's page and has his paddle. */
async function openLot(stage: Stage, { seller, bidders }: Roster, plan: LotPlan): Promise<Lot> {
  await importInto(stage, seller.client, plan.patentNumber);
  const { now } = plan;
  const terms = {
    admissionEndsAt: now + (OPEN_DAYS - 1) * DAY_MS,
    freeStartsAt: now + DAY_MS,
    freeEndsAt: now + OPEN_DAYS * DAY_MS,
  };
  const sale = await Sale.draft(stage, seller, { patentNumber: plan.patentNumber, inventors: [], terms });
  const listing = await sale.announce();
  for (const i of plan.bidders) await sale.enter(bidders[i]!);
  const { startPriceFen, incrementFen } = listing.terms;
  return {
    saleId: sale.saleId,
    startFen: startPriceFen,
    incrementFen,
    bidders: plan.bidders.map(bidderAt),
    strangers: plan.strangers.map(bidderAt),
  };
}

/** Two more than were asked for: one to get warm on, and the hot one. */
const MORE = 2;
/** Lots in their free period. Bidders are dealt out evenly; the first lot has all of them. */
async function openLots(stage: Stage, roster: Roster, { lots }: LoadOptions, chance: number): Promise<Lot[]> {
  const all = roster.bidders.map((_, i) => i);
  const numbers = await patents(stage, roster, lots + MORE, chance);
  const now = await stage.now();
  const opened = await inTurns(numbers, AT_ONCE, (patentNumber, n) => {
    const turned = all.map((i) => (i + n) % all.length);
    const admitted = n === 0 ? all.length : ADMITTED;
    const plan = { patentNumber, bidders: turned.slice(0, admitted), strangers: turned.slice(admitted), now };
    return openLot(stage, roster, plan);
  });
  await stage.advanceTo(now + DAY_MS + 1000);
  return opened;
}

/** Patents for deals that are still to be made: everything from their import on is the load. */
async function planDeals(stage: Stage, roster: Roster, count: number, chance: number): Promise<Deal[]> {
  await stage.office.takeDays(OFFICE_DAYS);
  const numbers = await patents(stage, roster, count, chance);
  return numbers.map((patentNumber, n) => ({
    patentNumber,
    seller: SELLER,
    buyer: bidderAt(n % roster.bidders.length),
  }));
}

/** The seller has an account with the rail, as every payee must. */
async function openAccount(stage: Stage, { seller }: Roster): Promise<void> {
  await new Sale(stage, '', seller).onboard(seller.client, seller.name);
}

/** What a scenario needs, set up over public HTTP; `chance` in [0, 1) draws serials. */
export async function openMarket(stage: Stage, roster: Roster, options: LoadOptions, chance: number): Promise<Market> {
  if (options.scenario === 'transfers') {
    await openAccount(stage, roster);
    const deals = await planDeals(stage, roster, Math.ceil(options.rate * options.durationS) + 2, chance);
    return { lots: [], hotLot: null, warmLot: null, deals };
  }
  const opened = await openLots(stage, roster, options, chance);
  const [hotLot = null, warmLot = null, ...lots] = opened;
  return { lots, hotLot, warmLot, deals: [] };
}
