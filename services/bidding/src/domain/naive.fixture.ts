import * as fc from 'fast-check';
import { admit, open, placeBid, register } from './auction.ts';
import type { Auction, AuctionEvent, Bid } from './auction-state.ts';
import { bidderOf, nextValid } from './bid-rule.ts';
import { deadlineOf } from './deadlines.ts';
import type { Terms } from './terms.ts';

export const CYCLE = 50;
export const terms: Terms = {
  currency: 'CNY',
  startPriceFen: 100n,
  reserveFen: null,
  incrementFen: 10n,
  depositFen: 0n,
  rulesVersion: '1',
  rulebookVersion: '1',
  admissionEndsAt: 1_150,
  freeStartsAt: 1_000,
  freeEndsAt: 1_200,
  cycleMs: CYCLE,
  unansweredMs: 86_400_000,
};

/** What happened, in full: the naive model knows nothing else. */
export type Happening = { at: number; party: string } & ({ does: 'join' } | { does: 'bid'; amountFen: bigint });
export interface Verdict {
  valid: boolean;
  winner: string | null;
  priceFen: bigint | null;
}
export type Quote = Extract<Happening, { does: 'bid' }>;

/** The rule read word by word, from the whole history each time, quadratic and without any state. */
export const naive = {
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
export const history = fc.array(step, { minLength: 1, maxLength: 60 });
export const reserve = fc.option(fc.bigInt({ min: 100n, max: 300n }), { nil: null });
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

export function begin(reserveFen: bigint | null): Auction {
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
export function unfold(steps: Step[], reserveFen: bigint | null): Happening[] {
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

export function apply(
  auction: Auction,
  happening: Happening,
): { auction: Auction; events: readonly AuctionEvent[]; bid?: Bid } {
  const { at, party } = happening;
  if (happening.does === 'bid') return placeBid(auction, party, happening.amountFen, at);
  const registered = register(auction, party, '1', at);
  if (!bidderOf(registered.auction, party)) return registered;
  const admitted = admit(registered.auction, party, 0n, at);
  return { auction: admitted.auction, events: [...registered.events, ...admitted.events] };
}
