import type { Auction, AuctionEvent, Outcome, Period, Result } from './auction-state.ts';

export interface Advanced {
  auction: Auction;
  events: readonly AuctionEvent[];
}

const NOTHING: readonly AuctionEvent[] = Object.freeze([]);

/** The next instant (epoch ms) at which something happens by itself; null once the auction has ended. */
export function deadlineOf(auction: Auction): number | null {
  switch (auction.period) {
    case 'scheduled':
      return auction.terms.freeStartsAt;
    case 'free':
      return auction.terms.freeEndsAt;
    case 'timed':
      return auction.cycleEndsAt;
    case 'ended':
      return null;
  }
}

/**
 * Applies every deadline ≤ `now`, each at its own instant, however late it is noticed. All decisions begin here, so a
 * late timer neither lets a quote in nor keeps one out. A deadline's own instant belongs to what follows it.
 */
export function advance(auction: Auction, now: number): Advanced {
  let dueAt = deadlineOf(auction);
  if (dueAt === null || dueAt > now) return { auction, events: NOTHING };
  const events: AuctionEvent[] = [];
  let advanced = auction;
  while (dueAt !== null && dueAt <= now) {
    advanced = pass(advanced, dueAt, events);
    dueAt = deadlineOf(advanced);
  }
  return { auction: advanced, events };
}

/** The period that `now` falls into. */
export const phaseOf = (auction: Auction, now: number): Period => advance(auction, now).auction.period;

function pass(auction: Auction, at: number, events: AuctionEvent[]): Auction {
  if (auction.period === 'timed') return finish(auction, resultAt(auction, at), events);
  if (auction.period === 'scheduled') {
    events.push({ type: 'period-changed', at, period: 'free' });
    return { ...auction, period: 'free' };
  }
  // The rule gives the timed period to every auction, so one without a quote so far gets its first cycle too.
  events.push({ type: 'period-changed', at, period: 'timed' });
  return openCycle({ ...auction, period: 'timed' }, at, events);
}

/** Opens the next full cycle at `at`. */
export function openCycle(auction: Auction, at: number, events: AuctionEvent[]): Auction {
  const cycle = auction.cycle + 1;
  const endsAt = at + auction.terms.cycleMs;
  events.push({ type: 'cycle-started', at, cycle, endsAt });
  return { ...auction, cycle, cycleStartedAt: at, cycleEndsAt: endsAt };
}

export function finish(auction: Auction, result: Result, events: AuctionEvent[]): Auction {
  events.push({ type: 'ended', at: result.endedAt, result });
  return { ...auction, period: 'ended', result };
}

function resultAt(auction: Auction, endedAt: number): Result {
  const outcome = outcomeOf(auction);
  const none = { outcome, endedAt, winner: null, paddle: null, priceFen: null, reason: null };
  if (outcome !== 'sold') return none;
  const { leader, leaderPaddle, highestFen } = auction;
  return { ...none, winner: leader, paddle: leaderPaddle, priceFen: highestFen };
}

function outcomeOf({ highestFen, terms }: Auction): Outcome {
  if (highestFen === null) return 'unsold-no-bid';
  return terms.reserveFen !== null && highestFen < terms.reserveFen ? 'unsold-below-reserve' : 'sold';
}
