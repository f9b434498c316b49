import * as fc from 'fast-check';
import { admit, open, placeBid, register, wake } from './auction.ts';
import type { Auction, AuctionEvent, Bid } from './auction-state.ts';
import { nextValid } from './bid-rule.ts';
import { deadlineOf } from './deadlines.ts';
import type { Terms } from './terms.ts';

const CYCLE = 50;
const terms: Terms = {
  currency: 'CNY',
  startPriceFen: 100n,
  reserveFen: null,
  incrementFen: 10n,
  depositFen: 0n,
  rulesVersion: '1',
  admissionEndsAt: 1_150,
  freeStartsAt: 1_000,
  freeEndsAt: 1_200,
  cycleMs: CYCLE,
};

/** What happened, in full: the naive model knows nothing else. */
type Happening = { at: number; party: string } & ({ does: 'join' } | { does: 'bid'; amountFen: bigint });
interface Verdict {
  valid: boolean;
  winner: string | null;
  priceFen: bigint | null;
}
type Quote = Extract<Happening, { does: 'bid' }>;

/** The rule read word by word, from the whole history each time, quadratic and without any state. */
const naive = {
  /** A cycle runs from the end of the free period; each valid quote before it has passed opens a new full one. */
  endOf: (valid: Quote[]) => valid.reduce((end, quote) => Math.max(end, quote.at + CYCLE), terms.freeEndsAt + CYCLE),
  highest: (valid: Quote[]) =>
    valid.find((quote) => valid.every((other) => other.amountFen <= quote.amountFen)) ?? null,
  admitted: (history: Happening[], party: string) =>
    history.some((h) => h.does === 'join' && h.party === party && h.at < terms.admissionEndsAt),
  validQuotes: (history: Happening[]): Quote[] =>
    history.reduce<Quote[]>((valid, quote, i) => {
      if (quote.does !== 'bid' || quote.at < terms.freeStartsAt || quote.at >= naive.endOf(valid)) return valid;
      const best = naive.highest(valid);
      if (!naive.admitted(history.slice(0, i), quote.party) || best?.party === quote.party) return valid;
      const steps = Array.from({ length: 100 }, (_, k) => best && best.amountFen + BigInt(k + 1) * terms.incrementFen);
      const fits = best ? steps.includes(quote.amountFen) : quote.amountFen >= terms.startPriceFen;
      return fits ? [...valid, quote] : valid;
    }, []),
  verdict: (history: Happening[], reserveFen: bigint | null): Verdict => {
    const best = naive.highest(naive.validQuotes(history));
    const sold = best !== null && (reserveFen === null || best.amountFen >= reserveFen);
    return { valid: best !== null, winner: sold ? best.party : null, priceFen: sold ? best.amountFen : null };
  },
};

/** A step of a random history: whose turn, where the clock goes, and an amount told from what is valid next. */
const step = fc.record({
  party: fc.constantFrom('ann', 'bob', 'cid', 'dan'),
  join: fc.boolean(),
  // Onto the next deadline or beside it, or a short while on: exact instants are the interesting ones.
  clock: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom('onto', 'before', 'after') },
    { weight: 3, arbitrary: fc.constantFrom(0, 1, 7, CYCLE - 1, CYCLE) },
  ),
  offset: fc.constantFrom(0n, 0n, 0n, 10n, 30n, 5n, -1n, -10n, -500n),
  wakes: fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 2 }),
});
const history = fc.array(step, { minLength: 1, maxLength: 60 });
const reserve = fc.option(fc.bigInt({ min: 100n, max: 300n }), { nil: null });
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function begin(reserveFen: bigint | null): Auction {
  const opening = open({ saleId: 'lot', seller: 's', terms: { ...terms, reserveFen }, bounds: null }, 900);
  if (opening.refusal) throw new Error(opening.refusal);
  return opening.auction;
}

function clockOf(auction: Auction, now: number, clock: Step['clock']): number {
  if (typeof clock === 'number') return now + clock;
  const deadline = deadlineOf(auction) ?? now;
  return Math.max(now, deadline + { onto: 0, before: -1, after: 1 }[clock]);
}

/** Turns random steps into a history that means something to this auction. */
function unfold(steps: Step[], reserveFen: bigint | null): Happening[] {
  let auction = begin(reserveFen);
  let now = 990;
  return steps.map(({ party, join, clock, offset }) => {
    now = clockOf(auction, now, clock);
    const amountFen = (nextValid(auction) ?? 500n) + offset;
    const happening: Happening = join ? { does: 'join', at: now, party } : { does: 'bid', at: now, party, amountFen };
    auction = apply(auction, happening).auction;
    return happening;
  });
}

function apply(
  auction: Auction,
  happening: Happening,
): { auction: Auction; events: readonly AuctionEvent[]; bid?: Bid } {
  const { at, party } = happening;
  if (happening.does === 'bid') return placeBid(auction, party, happening.amountFen, at);
  const registered = register(auction, party, '1', at);
  const admitted = admit(registered.auction, party, 0n, at);
  return { auction: admitted.auction, events: [...registered.events, ...admitted.events] };
}

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
