import { MAX_FEN } from '@yuzhi/money/fen';
import type { Auction, Bidder, BidRefusal } from './auction-state.ts';
import type { Terms } from './terms.ts';

/** What the auction knows of a party; undefined for a stranger, whatever it calls itself. */
export const bidderOf = (auction: Auction, party: string): Bidder | undefined =>
  Object.hasOwn(auction.bidders, party) ? auction.bidders[party] : undefined;

/** The lowest amount (fen) that would be accepted next; null when the auction has ended or can rise no further. */
export function nextValid({ period, highestFen, terms }: Auction): bigint | null {
  if (period === 'ended') return null;
  return highestFen === null ? terms.startPriceFen : nextAbove(highestFen, terms);
}

/** The lowest amount (fen) that would be valid after a valid quote; null when nothing may be higher. */
export function nextAbove(highestFen: bigint, { incrementFen }: Terms): bigint | null {
  const next = highestFen + incrementFen;
  return next > MAX_FEN ? null : next;
}

/**
 * The first rule that a quote violates, in the order of `BID_REFUSALS`: a first quote is at least the start price, a
 * later one exceeds the highest by a whole multiple of the increment (online bidding rules of the Huizhou Daya Bay
 * exchange). An equal price came later and is refused.
 * The leader may not raise himself: it would only cost him money, and it is what a slip of the finger looks like.
 */
export function refusalOfBid(auction: Auction, party: string, amountFen: bigint): BidRefusal | null {
  const { period, highestFen, terms } = auction;
  if (period === 'ended') return 'auction-ended';
  if (period === 'scheduled') return 'bidding-not-open';
  const bidder = bidderOf(auction, party);
  if (bidder === undefined) return 'bidder-not-registered';
  if (bidder.paddle === null) return 'bidder-not-admitted';
  if (auction.leader === party) return 'bidder-already-leading';
  if (highestFen === null) return amountFen < terms.startPriceFen ? 'bid-below-start-price' : null;
  if (amountFen < highestFen + terms.incrementFen) return 'bid-below-next-valid';
  return (amountFen - highestFen) % terms.incrementFen === 0n ? null : 'bid-off-increment';
}
