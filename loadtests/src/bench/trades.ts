import { FIRM_A, UNIVERSITY, detailsOf, DEMO_PASSWORD } from '@yuzhi/journeys/cast';
import { eventually } from '@yuzhi/journeys/eventually';
import { invented, ownerOf } from '@yuzhi/journeys/invented';
import type { Addresses } from '@yuzhi/journeys/journeys.config';
import { amount, importInto, Sale } from '@yuzhi/journeys/sale';
import { type Firm, Stage } from '@yuzhi/journeys/stage';
import { type DealView, listDeals } from '@yuzhi/protocol/contracts';
import type { Client } from '@yuzhi/protocol/client';
import { listListings } from '@yuzhi/protocol/listings';
import { getFiling } from '@yuzhi/protocol/register';
import type { z } from 'zod';
import { inTurns } from '../load/roster.ts';
import type { Outcome } from './sample.ts';

type View = z.output<typeof DealView>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CYCLE_S = 300;
/** In yuan; the remainder is paid in one charge. */
const PRICE = { start: '20000', reserve: '22000', increment: '500', deposit: '2000' };
const BUYERS = 8;
const FIRST_SERIAL = 52_000;
const FIRST_PATENT = 70_000;
/** Deals on which somebody acts at one time. */
const AT_ONCE = 32;
/** Lots that are made at one time. */
const MADE_AT_ONCE = 8;
const OFFICE_DAYS = 2;
const OFFICE_DAYS_MAX = 30;
const PHASE_WITHIN_MS = 300_000;

/** A lot that is open to quotes, and the one who is let in and has paid his deposit. */
interface Ready {
  sale: Sale;
  buyer: Firm;
}

/** Whole deals of the platform, over public HTTP, all of them in step: the clock is everybody's. */
export class Trades {
  #ready: Ready[] = [];
  #patents = FIRST_PATENT;

  private constructor(
    private readonly stage: Stage,
    private readonly seller: Firm,
    private readonly buyers: readonly Firm[],
  ) {}

  /** People, organisations, the seller's account with the rail, and an office that takes two days. */
  static async open(addresses: Addresses): Promise<Trades> {
    const stage = new Stage(addresses);
    const sketches = [UNIVERSITY, ...Array.from({ length: BUYERS }, () => FIRM_A)];
    const [seller, ...buyers] = await inTurns(sketches, BUYERS, async (sketch, i) => {
      const [serial, login] = [FIRST_SERIAL + i, `bench.trader${i}`];
      const person = await stage.signUp(sketch.legalRepresentative, login, DEMO_PASSWORD);
      return stage.found(detailsOf({ ...sketch, serial, login, name: `测速交易方${i}` }), person);
    });
    await new Sale(stage, '', seller!).onboard(seller!.client, seller!.name);
    await stage.office.takeDays(OFFICE_DAYS);
    return new Trades(stage, seller!, buyers);
  }

  /** Until there are so many lots in their free period, each with its buyer admitted. */
  async supply(count: number): Promise<void> {
    const missing = count - this.#ready.length;
    if (missing <= 0) return;
    const { stage, seller } = this;
    const drafts = invented(missing, [seller], this.#patents);
    this.#patents += missing;
    await stage.office.enter(drafts.map((draft) => ({ ...draft, owners: [ownerOf(seller)] })));
    const now = await stage.now();
    const fresh = await inTurns(drafts, MADE_AT_ONCE, ({ number }, n) => this.#make(number, now, n));
    await this.stage.advanceTo(now + DAY_MS + HOUR_MS, PHASE_WITHIN_MS);
    this.#ready.push(...fresh);
  }
  async #make(patentNumber: string, now: number, n: number): Promise<Ready> {
    const { stage, seller } = this;
    await importInto(stage, seller.client, patentNumber);
    const terms = {
      startPriceFen: amount(PRICE.start),
      reserveFen: amount(PRICE.reserve),
      incrementFen: amount(PRICE.increment),
      depositFen: amount(PRICE.deposit),
      freeStartsAt: now + DAY_MS,
      admissionEndsAt: now + 2 * DAY_MS,
      freeEndsAt: now + 3 * DAY_MS,
      cycleSeconds: CYCLE_S,
    };
    const sale = await Sale.draft(stage, seller, { patentNumber, inventors: [], terms });
    await sale.announce();
    const buyer = this.buyers[n % this.buyers.length]!;
    await sale.enter(buyer);
    return { sale, buyer };
  }

  /** From the winning quote to the last payment. Throws where a deal gets stuck or does not come in time. */
  async close(count: number): Promise<Outcome> {
    const started = performance.now();
    const trades = this.#ready.splice(0, count);
    const ids = new Set(trades.map(({ sale }) => sale.saleId));
    const all = <T>(act: (one: Ready) => Promise<T>) => inTurns(trades, AT_ONCE, act);
    await all(({ sale, buyer }) => sale.bid(buyer, PRICE.reserve));
    const { terms } = await trades[0]!.sale.auction();
    await this.stage.advanceTo(terms.freeEndsAt + CYCLE_S * 1000 + 1000, PHASE_WITHIN_MS);
    await this.stage.advanceTo((await this.#noticed(ids)) + 1000, PHASE_WITHIN_MS);
    await this.#until('signing', ids, ({ state }) => state === 'signing');
    await all(({ sale }) => sale.sign(this.seller));
    await all(({ sale, buyer }) => sale.sign(buyer));
    const toPay = await this.#until('paying', ids, ({ state, orderId }) => state === 'paying' && orderId !== null);
    await all(({ sale, buyer }) => sale.pay(buyer, toPay.get(sale.saleId)!.orderId!));
    await this.#until('registering', ids, ({ state }) => state !== 'paying' && state !== 'filing');
    await this.#registered(trades.at(-1)!);
    await this.#until('closed', ids, ({ state }) => state === 'closed');
    const seconds = (performance.now() - started) / 1000;
    return { operations: trades.length, attempts: trades.length, others: {}, seconds };
  }

  /** Until the result of each is announced; when the last of the notices ends. */
  async #noticed(ids: ReadonlySet<string>): Promise<number> {
    return eventually(
      'the notices',
      async () => {
        const listings = this.seller.client.list(listListings, { mine: 'true', status: 'result-notice' });
        const mine = (await Array.fromAsync(listings)).filter(({ saleId }) => ids.has(saleId));
        return mine.length === ids.size && Math.max(...mine.map(({ noticeUntil }) => noticeUntil!));
      },
      PHASE_WITHIN_MS,
    );
  }

  /** Until each of these deals is there. */
  #until(what: string, ids: ReadonlySet<string>, reached: (deal: View) => boolean): Promise<ReadonlyMap<string, View>> {
    return eventually(
      `every deal ${what}`,
      async () => {
        const deals = await newest(this.seller.client, ids);
        const stuck = [...deals.values()].find((deal) => deal.stuck);
        if (stuck) throw new Error(`deal ${stuck.saleId} is stuck: ${stuck.stuck!.en}`);
        return deals.size === ids.size && [...deals.values()].every(reached) && deals;
      },
      PHASE_WITHIN_MS,
    );
  }

  /** The office takes its days; what was filed last is registered last. */
  async #registered({ sale, buyer }: Ready): Promise<void> {
    for (let day = 0; day < OFFICE_DAYS_MAX; day++) {
      const filing = await buyer.client.ask(getFiling, { saleId: sale.saleId });
      if (filing.state === 'registered') return;
      await this.stage.advanceTo((await this.stage.now()) + DAY_MS, PHASE_WITHIN_MS);
    }
    throw new Error('the office does not register the transfers');
  }
}

/** The newest deals are these. */
async function newest(client: Client, ids: ReadonlySet<string>): Promise<Map<string, View>> {
  const found = new Map<string, View>();
  for await (const deal of client.list(listDeals, {})) {
    if (!ids.has(deal.saleId)) break;
    found.set(deal.saleId, deal);
    if (found.size === ids.size) break;
  }
  return found;
}
