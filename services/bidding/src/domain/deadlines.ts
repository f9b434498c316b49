import {
  type Auction,
  type AuctionEvent,
  auctionProcess,
  type Outcome,
  type Period,
  type Result,
} from './auction-state.ts';

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
  const period = auctionProcess.next(auction.period, 'due')!;
  const passed = { ...auction, period };
  if (period === 'free' || period === 'timed') events.push({ type: 'period-changed', at, period });
  if (period === 'ended') return finished(passed, at, events);
  // The rule gives the timed period to every auction, so one without a quote so far gets its first cycle too.
  return period === 'timed' ? openCycle(passed, at, events) : passed;
}

/** Opens the next full cycle at `at`. */
export function openCycle(auction: Auction, at: number, events: AuctionEvent[]): Auction {
  const cycle = auction.cycle + 1;
  const endsAt = at + auction.terms.cycleMs;
  events.push({ type: 'cycle-started', at, cycle, endsAt });
  return { ...auction, cycle, cycleStartedAt: at, cycleEndsAt: endsAt };
}

function finished(auction: Auction, at: number, events: AuctionEvent[]): Auction {
  const result = resultAt(auction, at);
  events.push({ type: 'ended', at, result });
  return { ...auction, result };
}

function resultAt(auction: Auction, endedAt: number): Result {
  const outcome = outcomeOf(auction);
  const none = { outcome, endedAt, winner: null, paddle: null, priceFen: null };
  if (outcome !== 'sold') return none;
  const { leader, leaderPaddle, highestFen } = auction;
  return { ...none, winner: leader, paddle: leaderPaddle, priceFen: highestFen };
}

function outcomeOf({ highestFen, terms }: Auction): Outcome {
  if (highestFen === null) return 'unsold-no-bid';
  return terms.reserveFen !== null && highestFen < terms.reserveFen ? 'unsold-below-reserve' : 'sold';
}
