import {
  type Auction,
  type AuctionEvent,
  auctionProcess,
  type Bid,
  type Bidder,
  type BidRefusal,
} from './auction-state.ts';
import { bidderOf, nextValid, refusalOfBid } from './bid-rule.ts';
import { advance, openCycle } from './deadlines.ts';
import { depositDue, moveDeposit } from './deposit.ts';
import { type Bounds, publicTerms, refusalOfTerms, type Terms, type TermsRefusal } from './terms.ts';

/**
 * A refused command still carries the auction it was refused in and the deadlines that passed before it: store both.
 * `now` is the platform's time in epoch ms and never runs backwards within one auction.
 */
export interface Decision<R extends string = never> {
  auction: Auction;
  events: readonly AuctionEvent[];
  refusal: R | null;
}

export type Opening =
  | { auction: Auction; events: readonly AuctionEvent[]; refusal: null }
  | { auction: null; events: readonly AuctionEvent[]; refusal: TermsRefusal };

/** Why somebody is not registered; the first violated one is named. */
export const REGISTRATION_REFUSALS = [
  'auction-ended',
  'admission-closed',
  'bidder-is-seller',
  'rules-version-differs',
  'bidder-already-registered',
] as const;
export type RegistrationRefusal = (typeof REGISTRATION_REFUSALS)[number];

export interface OpenAuction {
  saleId: string;
  /** Party that sells: it may not bid on its own lot. */
  seller: string;
  terms: Terms;
  /** Limits from the rulebook; null where the seller is free. */
  bounds: Bounds | null;
}

export function open({ saleId, seller, terms, bounds }: OpenAuction, now: number): Opening {
  const refusal = refusalOfTerms(terms, bounds, now);
  if (refusal) return { auction: null, events: [], refusal };
  const scheduled: Auction = {
    saleId,
    seller,
    terms,
    period: auctionProcess.initial,
    bidders: {},
    paddles: 0,
    leader: null,
    leaderPaddle: null,
    leaderSeq: null,
    highestFen: null,
    seq: 0,
    bids: 0,
    cycle: 0,
    cycleStartedAt: null,
    cycleEndsAt: null,
    result: null,
  };
  const { auction, events } = advance(scheduled, now);
  return {
    auction,
    events: [{ type: 'opened', at: now, saleId, seller, terms: publicTerms(terms) }, ...events],
    refusal: null,
  };
}

/** A party accepts the rules and asks to take part. It may bid once its deposit is held. */
export function register(
  before: Auction,
  party: string,
  rulesVersion: string,
  now: number,
): Decision<RegistrationRefusal> {
  const { auction, events } = advance(before, now);
  const refusal = refusalOfRegistration(auction, party, rulesVersion, now);
  if (refusal) return { auction, events, refusal };
  const bidder = { rulesVersion, registeredAt: now, paddle: null, admittedAt: null, ...depositDue() };
  return {
    auction: withBidder(auction, party, bidder),
    events: [...events, { type: 'bidder-registered', at: now, bidder: party, rulesVersion }],
    refusal: null,
  };
}

/**
 * Escrow says that it holds `heldFen` for this bidder: he gets the next paddle, once. It holds only whole deposits
 * of those who registered; anything else throws.
 */
export function admit(before: Auction, party: string, heldFen: bigint, now: number): Decision<'admission-closed'> {
  const { auction, events } = advance(before, now);
  const bidder = bidderOf(auction, party);
  if (!bidder || heldFen < auction.terms.depositFen) throw new Error(`${party} owes no such deposit`);
  if (bidder.paddle !== null) return { auction, events, refusal: null };
  if (auction.period === 'ended' || now >= auction.terms.admissionEndsAt) {
    return { auction, events, refusal: 'admission-closed' };
  }
  const paddle = auction.paddles + 1;
  const admitted = withBidder(auction, party, moveDeposit({ ...bidder, paddle, admittedAt: now }, 'admit', now)!);
  return {
    auction: { ...admitted, paddles: paddle },
    events: [...events, { type: 'bidder-admitted', at: now, bidder: party, paddle }],
    refusal: null,
  };
}

/** The hot path: constant in time and memory, whatever came before. Refused quotes are numbered and kept too. */
export function placeBid(
  before: Auction,
  party: string,
  amountFen: bigint,
  now: number,
): Decision<BidRefusal> & { bid: Bid } {
  const { auction, events } = advance(before, now);
  const refusal = refusalOfBid(auction, party, amountFen);
  const seq = auction.seq + 1;
  const paddle = bidderOf(auction, party)?.paddle ?? null;
  const happened = [...events];
  let after: Auction = refusal ? { ...auction, seq } : ledBy(auction, party, paddle, amountFen);
  const bid: Bid = {
    saleId: auction.saleId,
    seq,
    at: now,
    bidder: party,
    paddle,
    amountFen,
    accepted: refusal === null,
    refusal,
    nextValidFen: nextValid(after),
  };
  happened.push({ type: refusal ? 'bid-refused' : 'bid-accepted', at: now, bid });
  if (refusal === null && auction.period === 'timed') after = openCycle(after, now, happened);
  return { auction: after, events: happened, refusal, bid };
}

/** Applies what is due and nothing else: sent when a deadline has passed and nobody asked for anything. */
export const wake = (before: Auction, now: number): Decision => ({ ...advance(before, now), refusal: null });

const ledBy = (auction: Auction, leader: string, leaderPaddle: number | null, highestFen: bigint): Auction => ({
  ...auction,
  seq: auction.seq + 1,
  bids: auction.bids + 1,
  leader,
  leaderPaddle,
  leaderSeq: auction.seq + 1,
  highestFen,
});

export const withBidder = (auction: Auction, party: string, bidder: Bidder): Auction => ({
  ...auction,
  bidders: { ...auction.bidders, [party]: bidder },
});

function refusalOfRegistration(
  auction: Auction,
  party: string,
  rulesVersion: string,
  now: number,
): RegistrationRefusal | null {
  if (auction.period === 'ended') return 'auction-ended';
  if (now >= auction.terms.admissionEndsAt) return 'admission-closed';
  if (party === auction.seller) return 'bidder-is-seller';
  if (rulesVersion !== auction.terms.rulesVersion) return 'rules-version-differs';
  return bidderOf(auction, party) ? 'bidder-already-registered' : null;
}
