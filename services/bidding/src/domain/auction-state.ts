import { defineProcess } from '@yuzhi/chassis/process';
import type { Deposited } from './deposit.ts';
import type { PublicTerms, Terms } from './terms.ts';

/**
 * Before the free quoting period (自由报价期), in it, in the timed quoting period (限时报价期), over. Only time leads on:
 * quotes put the end of a cycle off.
 */
export const auctionProcess = defineProcess('auction', {
  states: ['scheduled', 'free', 'timed', 'ended'],
  initial: 'scheduled',
  transitions: [
    { from: 'scheduled', on: 'due', to: 'free' },
    { from: 'free', on: 'due', to: 'timed' },
    { from: 'timed', on: 'due', to: 'ended' },
  ],
  final: ['ended'],
});
export type Period = (typeof auctionProcess.states)[number];

export interface Bidder extends Deposited {
  rulesVersion: string;
  registeredAt: number;
  /** Number shown instead of the name, given in order of admission from 1; null until the deposit is held. */
  paddle: number | null;
  admittedAt: number | null;
}

export type Outcome = 'sold' | 'unsold-below-reserve' | 'unsold-no-bid';

export interface Result {
  outcome: Outcome;
  /** The instant of the deadline that ended it, not of whoever noticed. */
  endedAt: number;
  /** Party, paddle and price are set only when sold. */
  winner: string | null;
  paddle: number | null;
  priceFen: bigint | null;
}

/**
 * One online bidding as of the last decision: plain data, never changed in place. Its size does not grow with the
 * number of quotes, those are rows of their own; `bidders` is copied only when somebody registers or is admitted.
 */
export interface Auction {
  readonly saleId: string;
  readonly seller: string;
  readonly terms: Readonly<Terms>;
  readonly period: Period;
  readonly bidders: Readonly<Record<string, Bidder>>;
  /** How many were admitted: the last paddle number given. */
  readonly paddles: number;
  readonly leader: string | null;
  readonly leaderPaddle: number | null;
  /** Number of the leading quote. */
  readonly leaderSeq: number | null;
  readonly highestFen: bigint | null;
  /** Of the last quote, refused ones counted. */
  readonly seq: number;
  /** How many quotes were valid. */
  readonly bids: number;
  /** Number of the current cycle from 1; 0 before the timed period. Each valid quote in it opens the next. */
  readonly cycle: number;
  readonly cycleStartedAt: number | null;
  readonly cycleEndsAt: number | null;
  readonly result: Result | null;
}

/** Why a quote is refused; the first violated one is named. */
export const BID_REFUSALS = [
  'auction-ended',
  'bidding-not-open',
  'bidder-not-registered',
  'bidder-not-admitted',
  'bidder-already-leading',
  'bid-below-start-price',
  'bid-below-next-valid',
  'bid-off-increment',
] as const;
export type BidRefusal = (typeof BID_REFUSALS)[number];

/** A quote as it was decided: the row kept for ever, accepted or not. */
export interface Bid {
  saleId: string;
  /** Gapless per auction, from 1. */
  seq: number;
  at: number;
  bidder: string;
  paddle: number | null;
  amountFen: bigint;
  accepted: boolean;
  refusal: BidRefusal | null;
  /** The lowest amount that is valid after this decision; null when none is any more. */
  nextValidFen: bigint | null;
}

/** Who a bidder is stays confidential until the end: outside, a quote is published under its paddle. */
export type AuctionEvent =
  | { type: 'opened'; at: number; saleId: string; seller: string; terms: PublicTerms }
  | { type: 'bidder-registered'; at: number; bidder: string; rulesVersion: string }
  | { type: 'bidder-admitted'; at: number; bidder: string; paddle: number }
  | { type: 'bid-accepted'; at: number; bid: Bid }
  | { type: 'bid-refused'; at: number; bid: Bid }
  | { type: 'period-changed'; at: number; period: 'free' | 'timed' }
  | { type: 'cycle-started'; at: number; cycle: number; endsAt: number }
  | { type: 'ended'; at: number; result: Result };

/** After the end: the deposits of those who did not win go back, the winner's becomes part of the price. */
export type DepositEvent =
  | { type: 'deposits-due'; at: number; parties: readonly string[] }
  | { type: 'winner-bound'; at: number; party: string }
  | { type: 'deposit-stuck'; at: number; party: string; reason: string }
  | { type: 'deposits-settled'; at: number; released: number };

export type Happening = AuctionEvent | DepositEvent;
