import { fromJson } from '@yuzhi/database/json';
import { inserts, updates, upserts, type Columns } from '@yuzhi/database/statement';
import type { Auction, Bid, Bidder, Result } from './domain/auction-state.ts';
import type { HallItem } from './domain/hall.ts';
import type { Lot, Returns } from './domain/lot.ts';
import type { Terms } from './domain/terms.ts';

/** A quote, who placed it for the bidder, and the lot as it left it. */
export interface BidRow {
  bid: Bid;
  person: string;
  lot: Lot;
}
/** An item of the live stream under its number. */
export interface MomentRow {
  saleId: string;
  seq: number;
  item: HallItem;
}
/** What decisions append. */
export type Row = BidRow | MomentRow;

const CHANGING: Columns<Lot> = {
  sale_id: ['uuid', ({ auction }) => auction.saleId],
  version: ['int', (lot) => lot.version],
  period: ['text', ({ auction }) => auction.period],
  paddles: ['int', ({ auction }) => auction.paddles],
  cycle: ['int', ({ auction }) => auction.cycle],
  head: ['int', (lot) => lot.head],
  result: ['jsonb', ({ auction }) => auction.result],
  returns: ['jsonb', (lot) => lot.returns],
  deadline_at: ['instant', (lot) => lot.deadlineAt],
};
export const updateAuctions = updates<Lot>('auction', 'sale_id', CHANGING);
export const insertAuctions = inserts<Lot>('auction', {
  ...CHANGING,
  seller: ['text', ({ auction }) => auction.seller],
  terms: ['jsonb', ({ auction }) => auction.terms],
  free_starts_at: ['instant', ({ auction }) => auction.terms.freeStartsAt],
  free_ends_at: ['instant', ({ auction }) => auction.terms.freeEndsAt],
});

export interface BidderRow {
  saleId: string;
  party: string;
  bidder: Bidder;
  /** Of the lot, when this was written. */
  version: number;
}
export const upsertBidders = upserts<BidderRow>('bidder', 'sale_id, party', {
  sale_id: ['uuid', (row) => row.saleId],
  party: ['text', (row) => row.party],
  rules_version: ['text', ({ bidder }) => bidder.rulesVersion],
  registered_at: ['instant', ({ bidder }) => bidder.registeredAt],
  paddle: ['int', ({ bidder }) => bidder.paddle],
  admitted_at: ['instant', ({ bidder }) => bidder.admittedAt],
  deposit: ['text', ({ bidder }) => bidder.deposit],
  asked_at: ['instant', ({ bidder }) => bidder.askedAt],
  stuck: ['text', ({ bidder }) => bidder.stuck],
  version: ['int', (row) => row.version],
});

export const insertBids = inserts<BidRow>('bid', {
  sale_id: ['uuid', ({ bid }) => bid.saleId],
  seq: ['int', ({ bid }) => bid.seq],
  at: ['instant', ({ bid }) => bid.at],
  bidder: ['text', ({ bid }) => bid.bidder],
  person: ['text', (row) => row.person],
  paddle: ['int', ({ bid }) => bid.paddle],
  amount_fen: ['bigint', ({ bid }) => bid.amountFen],
  refusal: ['text', ({ bid }) => bid.refusal],
  bids: ['int', ({ lot }) => lot.auction.bids],
  leader_seq: ['int', ({ lot }) => lot.auction.leaderSeq],
  cycle: ['int', ({ lot }) => lot.auction.cycle],
  head: ['int', ({ lot }) => lot.head],
});

export const insertMoments = inserts<MomentRow>('moment', {
  sale_id: ['uuid', (row) => row.saleId],
  seq: ['int', (row) => row.seq],
  item: ['jsonb', (row) => row.item],
});

/** A row of the view `standing`: as Postgres gives it, amounts as digits, or as Prisma does. */
export interface Standing {
  saleId: string;
  seller: string;
  terms: unknown;
  version: number;
  period: string;
  paddles: number;
  leader: string | null;
  leaderPaddle: number | null;
  leaderSeq: number | null;
  highestFen: string | bigint | null;
  seq: number;
  bids: number;
  cycle: number;
  endsAt: Date;
  head: number;
  result: unknown;
  returns: unknown;
  deadlineAt: Date | null;
}

/** The lot that stands there. Reads that do not need the bidders leave them out. */
export function lotOf(row: Standing, bidders: Auction['bidders'] = {}): Lot {
  const { saleId, seller, paddles, leader, leaderPaddle, leaderSeq, highestFen, seq, bids, cycle, version, head } = row;
  const terms = fromJson<Terms>(row.terms);
  const cycleEndsAt = cycle === 0 ? null : row.endsAt.getTime();
  const auction: Auction = {
    ...{ saleId, seller, terms, bidders, paddles, leader, leaderPaddle, leaderSeq, seq, bids, cycle, cycleEndsAt },
    period: row.period as Auction['period'],
    highestFen: highestFen === null ? null : BigInt(highestFen),
    cycleStartedAt: cycleEndsAt && cycleEndsAt - terms.cycleMs,
    result: fromJson<Result | null>(row.result),
  };
  const returns = fromJson<Returns | null>(row.returns);
  return { auction, version, head, deadlineAt: row.deadlineAt?.getTime() ?? null, returns };
}
