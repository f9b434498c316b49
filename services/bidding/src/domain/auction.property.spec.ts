import * as fc from 'fast-check';
import { placeBid, wake } from './auction.ts';
import type { AuctionEvent, Bid } from './auction-state.ts';
import { deadlineOf } from './deadlines.ts';
import { apply, begin, type Happening, history, naive, reserve, type Step, terms, unfold } from './naive.fixture.ts';

/** Plays a history to its end, waking the auction `wakes(i)` milliseconds before or at step i. */
function play(happenings: Happening[], reserveFen: bigint | null, wakes: (i: number) => number[] = () => []) {
  const bids: Bid[] = [];
  const events: AuctionEvent[] = [];
  let auction = begin(reserveFen);
  const take = (taken: ReturnType<typeof apply>) => {
    auction = taken.auction;
    events.push(...taken.events);
    if (taken.bid) bids.push(taken.bid);
  };
  happenings.forEach((happening, i) => {
    const since = happenings[i - 1]?.at ?? 990;
    for (const early of wakes(i).toSorted((a, b) => b - a)) take(wake(auction, Math.max(since, happening.at - early)));
    take(apply(auction, happening));
  });
  // The free period, the timed one and the end of the last cycle: nothing else happens by itself.
  for (let left = 3; left > 0 && auction.period !== 'ended'; left--) take(wake(auction, deadlineOf(auction)!));
  return { auction, bids, events };
}

const games = fc.tuple(history, reserve).map(([steps, reserveFen]) => ({
  steps,
  reserveFen,
  happenings: unfold(steps, reserveFen),
}));
const holds = (check: (game: { steps: Step[]; reserveFen: bigint | null; happenings: Happening[] }) => void) =>
  fc.assert(fc.property(games, check), { numRuns: 500 });

describe('any history of quotes', () => {
  it('is decided as the naive reading of the rule decides it', () => {
    holds(({ happenings, reserveFen }) => {
      const { auction, bids } = play(happenings, reserveFen);
      const valid = naive.validQuotes(happenings);
      const accepted = bids.filter((bid) => bid.accepted);
      expect(accepted.map(({ at, bidder, amountFen }) => [at, bidder, amountFen])).toEqual(
        valid.map(({ at, party, amountFen }) => [at, party, amountFen]),
      );
      const verdict = naive.verdict(happenings, reserveFen);
      const { winner, priceFen } = verdict;
      expect(auction.result).toMatchObject({ winner, priceFen, endedAt: naive.endOf(valid) });
      const unsold = verdict.valid ? 'unsold-below-reserve' : 'unsold-no-bid';
      expect(auction.result!.outcome).toBe(winner === null ? unsold : 'sold');
    });
  });

  it('comes out the same however often the auction is woken in between', () => {
    holds(({ steps, happenings, reserveFen }) => {
      expect(play(happenings, reserveFen, (i) => steps[i]!.wakes)).toEqual(play(happenings, reserveFen));
    });
  });

  it('comes out the same when it is replayed from the state that was stored after any step', () => {
    holds(({ happenings, reserveFen }) => {
      const restored = happenings.reduce(
        (auction, happening) => structuredClone(apply(auction, happening).auction),
        begin(reserveFen),
      );
      const straight = happenings.reduce((auction, happening) => apply(auction, happening).auction, begin(reserveFen));
      expect(restored).toEqual(straight);
    });
  });

  it('numbers every quote without a gap, lets prices only rise and accepts nothing from the end on', () => {
    holds(({ happenings, reserveFen }) => {
      const { auction, bids } = play(happenings, reserveFen);
      expect(bids.map((bid) => bid.seq)).toEqual(bids.map((_, i) => i + 1));
      expect(auction.seq).toBe(bids.length);
      const accepted = bids.filter((bid) => bid.accepted);
      accepted.slice(1).forEach((bid, i) => {
        expect(bid.amountFen).toBeGreaterThan(accepted[i]!.amountFen);
        expect((bid.amountFen - accepted[i]!.amountFen) % terms.incrementFen).toBe(0n);
        expect(bid.bidder).not.toBe(accepted[i]!.bidder);
      });
      expect(accepted.every((bid) => bid.at < auction.result!.endedAt)).toBe(true);
      expect(auction.result!.priceFen ?? accepted.at(-1)?.amountFen).toBe(accepted.at(-1)?.amountFen);
    });
  });

  it('offers with every refusal an amount that another admitted bidder could have quoted at that instant', () => {
    holds(({ happenings, reserveFen }) => {
      let auction = begin(reserveFen);
      const offers: (string | null)[] = [];
      const cheaper: (string | null)[] = [];
      for (const happening of happenings) {
        const { auction: after, bid } = apply(auction, happening);
        auction = after;
        const rival = Object.keys(auction.bidders).find((party) => party !== auction.leader);
        if (!rival || !bid || bid.accepted || bid.nextValidFen === null || auction.period === 'scheduled') continue;
        offers.push(placeBid(auction, rival, bid.nextValidFen, bid.at).refusal);
        cheaper.push(placeBid(auction, rival, bid.nextValidFen - 1n, bid.at).refusal);
      }
      expect(offers.every((refusal) => refusal === null)).toBe(true);
      expect(cheaper.every((refusal) => refusal?.startsWith('bid-below'))).toBe(true);
    });
  });

  it('tells its life in order: the free period, the timed period, cycles from 1, one end', () => {
    holds(({ happenings, reserveFen }) => {
      const { events, bids } = play(happenings, reserveFen);
      const told = events.map((event) => (event.type === 'period-changed' ? event.period : event.type));
      expect([told.indexOf('free') < told.indexOf('timed'), told.filter((t) => t === 'ended').length]).toEqual([
        true,
        1,
      ]);
      const cycles = events.filter((event) => event.type === 'cycle-started');
      expect(cycles.map((event) => event.cycle)).toEqual(cycles.map((_, i) => i + 1));
      const timed = bids.filter((bid) => bid.accepted && bid.at >= terms.freeEndsAt);
      expect(cycles.map((event) => event.at)).toEqual([terms.freeEndsAt, ...timed.map((bid) => bid.at)]);
      const instants = events.map((event) => event.at);
      expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    });
  });
});
