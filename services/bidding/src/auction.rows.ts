import { fromJson } from '@yuzhi/database/json';
import { type Columns, inserts, updates, upserts } from '@yuzhi/database/statement';
import type { Auction, Bid, Bidder, Result } from './domain/auction-state.ts';
import type { HallItem } from './domain/hall.ts';
import type { Lot, Returns } from './domain/lot.ts';
import type { Terms } from './domain/terms.ts';

/** A quote as it is kept: who placed it for the bidder, and by which command. */
export interface BidRow extends Bid {
  person: string;
  commandId: string;
}
/** An item of the live stream under its number. */
export interface MomentRow {
  saleId: string;
  seq: number;
  item: HallItem;
}
/** What decisions append. */
export type Row = BidRow | MomentRow;

/** When the bidding ends as things stand, or has ended. */
export const endsAt = ({ result, cycleEndsAt, terms }: Auction): number =>
  result?.endedAt ?? cycleEndsAt ?? terms.freeEndsAt + terms.cycleMs;

/** What a bid changes, or a deadline. */
const MOVING: Columns<Lot> = {
  sale_id: ['uuid', ({ auction }) => auction.saleId],
  version: ['int', (lot) => lot.version],
  period: ['text', ({ auction }) => auction.period],
  paddles: ['int', ({ auction }) => auction.paddles],
  leader: ['text', ({ auction }) => auction.leader],
  leader_paddle: ['int', ({ auction }) => auction.leaderPaddle],
  highest_fen: ['bigint', ({ auction }) => auction.highestFen],
  seq: ['int', ({ auction }) => auction.seq],
  bids: ['int', ({ auction }) => auction.bids],
  cycle: ['int', ({ auction }) => auction.cycle],
  ends_at: ['instant', ({ auction }) => endsAt(auction)],
  head: ['int', (lot) => lot.head],
  result: ['jsonb', ({ auction }) => auction.result],
  returns: ['jsonb', (lot) => lot.returns],
  deadline_at: ['instant', (lot) => lot.deadlineAt],
};

export const insertAuctions = inserts<Lot>('auction', {
  ...MOVING,
  seller: ['text', ({ auction }) => auction.seller],
  terms: ['jsonb', ({ auction }) => auction.terms],
  free_starts_at: ['instant', ({ auction }) => auction.terms.freeStartsAt],
  free_ends_at: ['instant', ({ auction }) => auction.terms.freeEndsAt],
});
export const updateAuctions = updates<Lot>('auction', 'sale_id', MOVING);

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
  sale_id: ['uuid', (bid) => bid.saleId],
  seq: ['int', (bid) => bid.seq],
  at: ['instant', (bid) => bid.at],
  bidder: ['text', (bid) => bid.bidder],
  person: ['text', (bid) => bid.person],
  paddle: ['int', (bid) => bid.paddle],
  amount_fen: ['bigint', (bid) => bid.amountFen],
  refusal: ['text', (bid) => bid.refusal],
  command_id: ['uuid', (bid) => bid.commandId],
});

interface Moments {
  saleId: string;
  seq: number;
  items: HallItem[];
}
const insertGrouped = inserts<Moments>('moment', {
  sale_id: ['uuid', (of) => of.saleId],
  seq: ['int', (of) => of.seq],
  items: ['json', (of) => JSON.stringify(of.items)],
});

/** One row for what one commit shows of an auction: a hot lot costs no more rows than a quiet one. */
export function insertMoments(moments: readonly MomentRow[]) {
  const grouped = new Map<string, Moments>();
  for (const { saleId, seq, item } of moments) {
    const of = grouped.get(saleId);
    if (of) {
      of.items.push(item);
      of.seq = seq;
    } else grouped.set(saleId, { saleId, seq, items: [item] });
  }
  return insertGrouped([...grouped.values()]);
}

/** A row of `auction` as Postgres gives it, amounts as digits. */
export interface AuctionRow {
  saleId: string;
  seller: string;
  terms: unknown;
  version: number;
  period: Auction['period'];
  paddles: number;
  leader: string | null;
  leaderPaddle: number | null;
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

/** The other way. Reads that do not need the bidders leave them out. */
export function lotOf(row: AuctionRow, bidders: Auction['bidders'] = {}): Lot {
  const { saleId, seller, period, paddles, leader, leaderPaddle, seq, bids, cycle, version, head } = row;
  const terms = fromJson<Terms>(row.terms);
  const cycleEndsAt = cycle === 0 ? null : row.endsAt.getTime();
  const auction: Auction = {
    saleId,
    seller,
    terms,
    period,
    bidders,
    paddles,
    leader,
    leaderPaddle,
    highestFen: row.highestFen === null ? null : BigInt(row.highestFen),
    seq,
    bids,
    cycle,
    cycleStartedAt: cycleEndsAt && cycleEndsAt - terms.cycleMs,
    cycleEndsAt,
    result: fromJson<Result | null>(row.result),
  };
  const returns = fromJson<Returns | null>(row.returns);
  return { auction, version, head, deadlineAt: row.deadlineAt?.getTime() ?? null, returns };
}
