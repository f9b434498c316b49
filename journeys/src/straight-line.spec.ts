import { allocate } from '@yuzhi/money/allocate';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Cast, freshSuffix, gather } from './cast.ts';
import { readAddresses } from './journeys.config.ts';
import { Stage } from './stage.ts';
import { StraightLine } from './straight-line.ts';

let story: StraightLine;
/** When the bidding ended and the result had been published long enough. */
const times = { ended: 0, notice: 0 };

type Who = (cast: Cast) => string;
const service = (name: string) => () => `service:${name}`;
/** The main steps: what happened, by whom, and why. */
const STEPS: [type: string, who: Who, why: RegExp][] = [
  ['listings.listing.submitted.v1', ({ university }) => university.uscc, /^Submit for review$/],
  ['listings.listing.announced.v1', service('bidding'), /^Open an online bidding: done$/],
  ['bidding.auction.bidder-registered.v1', ({ firmB }) => firmB.uscc, /^Register and accept the bidding rules$/],
  ['escrow.order.opened.v1', service('escrow'), /^Open the order of a deposit: .+ registered, accepted rules /],
  ['escrow.deposit.held.v1', service('escrow'), /^The state of an object of the rail$/],
  ['bidding.auction.bidder-admitted.v1', service('escrow'), /^The deposit is held: admit the bidder$/],
  ['bidding.auction.period-changed.v1', service('bidding'), /^A deadline of the bidding has passed$/],
  ['bidding.auction.ended.v1', service('bidding'), /^A deadline of the bidding has passed$/],
  ['listings.result.announced.v1', service('listings'), /^The bidding has ended: The bidding ended after 4 quotes\.$/],
  ['listings.result.confirmed.v1', service('listings'), /^A deadline of the listing has passed$/],
  ['contracts.deal.opened.v1', service('contracts'), /^Open a deal: The objection window passed/],
  ['contracts.deal.signed.v1', service('contracts'), /^A signature was made$/],
  ['contracts.deal.effective.v1', service('contracts'), /^The contract was sealed$/],
  ['escrow.sale.funded.v1', service('escrow'), /^The state of an object of the rail$/],
  ['register.filing.registered.v1', service('register'), /^Record what the office said$/],
  [
    'escrow.sale.registered.v1',
    service('escrow'),
    /^The register shows the new owner: The transfer was registered on /,
  ],
  ['escrow.sale.released.v1', service('contracts'), /^Release the price$/],
  ['contracts.deal.closed.v1', service('contracts'), /^The deal moved on: All money of the sale was paid out\.$/],
  ['listings.listing.completed.v1', service('listings'), /^The sale is done: The deal is closed\.$/],
];

beforeAll(async () => {
  const stage = new Stage(readAddresses());
  const suffix = freshSuffix();
  story = new StraightLine(stage, await gather(stage, suffix), suffix.patent);
}, 60_000);

describe('one patent carried from listing to payout', () => {
  it('is imported by any spelling of its number and shows its owner', async () => {
    const patent = await story.patent();
    expect(patent.entry).toMatchObject({
      owners: [{ party: story.cast.university.uscc }],
      status: 'GRANTED',
      demo: true,
    });
    const listing = await story.list(patent.patentNumber);
    expect(listing).toMatchObject({ status: 'announced', patentNumber: patent.patentNumber, demo: true });
    expect(listing.terms.reserveFen).toBe('22000000');
  }, 60_000);

  it('admits both bidders once their deposits are held', async () => {
    expect(await story.admit()).toEqual({ firmA: 1, firmB: 2 });
  }, 60_000);

  it('runs the free period, opens a new full cycle on a late quote, and ends after one without', async () => {
    const { first, late, last, ended, live } = await story.bid();
    expect(first).toMatchObject({ period: 'timed', cycle: 1, highestFen: '21500000', leadingPaddle: 2 });
    expect(late.cycle).toBe(2);
    expect(late.cycleEndsAt! - late.at).toBe(300_000);
    expect(last).toMatchObject({ cycle: 3, nextValidFen: '25000000' });
    expect(live.map(({ seq }) => seq)).toEqual(live.map((_, i) => i + 1));
    const prices = live.flatMap(({ item }) => (item.kind === 'bid' ? [item.amountFen] : []));
    expect(prices).toEqual(['20000000', '21500000', '22500000', '24500000']);
    expect(live.at(-1)?.item).toMatchObject({ kind: 'ended', paddle: 2, priceFen: '24500000' });
    times.ended = ended.result!.endedAt;
    expect(ended.result).toMatchObject({ outcome: 'sold', paddle: 2, priceFen: '24500000', endedAt: last.cycleEndsAt });
  }, 120_000);

  it("publishes the result for five working days and returns the loser's deposit", async () => {
    const { notice, loser } = await story.result();
    times.notice = notice.noticeUntil!;
    expect(notice.result).toMatchObject({ outcome: 'sold', priceFen: '24500000' });
    expect(loser).toMatchObject({ state: 'returned', amountFen: '2000000' });
  }, 120_000);

  it('has both sides sign one contract whose sealed PDF verifies and fails on a flipped byte', async () => {
    const { deal, pdf, genuine, changed } = await story.contract();
    expect(deal).toMatchObject({ priceFen: '24500000', priceCapital: '人民币贰拾肆万伍仟元整' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(genuine).toMatchObject({ valid: true, saleId: story.sale.saleId });
    expect(changed.valid).toBe(false);
  }, 120_000);

  it('holds the whole price and releases nothing before registration', async () => {
    const { money } = await story.fund();
    expect(money).toMatchObject({ priceFen: '24500000', escrowFen: '24500000', split: null, payouts: [] });
  }, 120_000);

  it('shows the new owner once the office has registered the transfer', async () => {
    const { filing, patent } = await story.register();
    expect(filing).toMatchObject({ state: 'registered', demo: true });
    expect(patent.entry?.owners).toMatchObject([{ party: story.cast.firmB.uscc }]);
  }, 120_000);

  it("pays fee, inventors' share and seller, and the ledger and the rail agree to the fen", async () => {
    const { money, balance, rail, summary, record, own, bought, sold } = await story.close();
    // DOMAIN 6, row "Inventor reward": Henan at least 70 % of net income; net is price less fee and documented costs.
    const [price, fee, costs] = [24_500_000n, 490_000n, 800_000n];
    const shared = ((price - fee - costs) * 7000n + 9_999n) / 10_000n;
    const parts = allocate(shared, [2n, 1n, 1n]).map(String);
    expect(money.split).toMatchObject({ feeFen: String(fee), sellerFen: String(price - fee - shared) });
    expect(money.split!.inventors.map(({ amountFen }) => amountFen)).toEqual(parts);
    expect(money.payouts.every(({ state }) => state === 'paid')).toBe(true);
    expect([own.split, own.payouts.map(({ party }) => party)]).toEqual([null, [story.cast.inventors[0]!.id]]);
    expect(bought).toMatchObject({ priceFen: '24500000', split: null, payouts: [] });
    expect([sold.split, sold.payouts]).toEqual([money.split, money.payouts]);
    expect(balance).toMatchObject({ sumFen: '0', violations: [] });
    expect(rail).toMatchObject({ differenceFen: '0' });
    expect(summary.difference_fen).toBe('0');
    expect(record.at(-1)!.type).toBe('listings.listing.completed.v1');
  }, 120_000);

  it('leaves a record that says who, when and why', async () => {
    const { cast } = story;
    const { ended, notice } = times;
    const record = await story.record();
    expect(record.map(({ at }) => at)).toEqual(record.map(({ at }) => at).toSorted((a, b) => a - b));
    const steps = STEPS.map(([type, who, why]) => ({ type, who: who(cast), why }));
    const told = steps.map(({ type, who }) => record.find((row) => row.type === type && row.actor.party === who));
    for (const [i, { type, why }] of steps.entries()) {
      expect([type, told[i]?.reason?.en]).toEqual([type, expect.stringMatching(why)]);
      expect(told[i]!.reason!.zh).toMatch(/[一-鿿]/);
    }
    const at = (type: string) => record.find((row) => row.type === type)!.at;
    // A deadline is noticed a moment after it has passed, and never before.
    for (const [noticed, due] of [
      [at('bidding.auction.ended.v1'), ended],
      [at('listings.result.confirmed.v1'), notice],
    ] as const) {
      expect(noticed).toBeGreaterThanOrEqual(due);
      expect(noticed).toBeLessThan(due + 3_600_000);
    }
  });
});
