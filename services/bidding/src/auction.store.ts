import { READER } from '@yuzhi/chassis/service';
import { Calendar, Rulebook } from '@yuzhi/chassis/rulebook';
import type { Reader, Store } from '@yuzhi/database/store';
import type { Statement } from '@yuzhi/database/statement';
import { Effects } from '@yuzhi/messaging/decision';
import { Inject, Injectable } from '@nestjs/common';
import {
  type BidderRow,
  type BidRow,
  insertAuctions,
  insertBids,
  insertMoments,
  lotOf,
  type MomentRow,
  type Row,
  type Standing,
  updateAuctions,
  upsertBidders,
} from './auction.rows.ts';
import type { Bidder } from './domain/auction-state.ts';
import { advanceLot, type Lot } from './domain/lot.ts';
import { follows } from './follows.ts';

const STANDINGS = `select sale_id as "saleId", seller, terms, version, period, paddles, leader,
    leader_paddle as "leaderPaddle", leader_seq as "leaderSeq", highest_fen::text as "highestFen", seq, bids, cycle,
    ends_at as "endsAt", head, result, returns, deadline_at as "deadlineAt"
  from standing where sale_id = any($1::uuid[])`;
const BIDDERS = `select sale_id as "saleId", party, rules_version as "rulesVersion", registered_at as "registeredAt",
    paddle, admitted_at as "admittedAt", deposit, asked_at as "askedAt", stuck
  from bidder where sale_id = any($1::uuid[])`;

type Dated = 'registeredAt' | 'admittedAt' | 'askedAt';
type StoredBidder = Omit<Bidder, Dated> & { saleId: string; party: string } & Record<Dated, Date | null>;

/**
 * The auctions that are under way, resident. One is read when a command for it finds it missing: its row and its newest
 * quote are the snapshot, so a start reads no history, and nothing that nobody asks for. What has ended leaves.
 */
@Injectable()
export class AuctionStore implements Store<Lot, Row> {
  readonly name = 'auction';
  readonly deadlines = { table: 'auction', key: 'sale_id' };
  readonly #open = new Map<string, Lot>();
  /** As the batch found them: whatever is forgotten meanwhile, this is what it changes. */
  #before = new Map<string, Lot>();

  constructor(
    @Inject(READER) private readonly reader: Reader,
    private readonly rulebook: Rulebook,
    private readonly calendar: Calendar,
  ) {}

  async load(ids: string[]): Promise<Map<string, Lot>> {
    const found = new Map<string, Lot>();
    const missing: string[] = [];
    for (const id of ids) {
      const lot = this.#open.get(id);
      if (lot) found.set(id, lot);
      else missing.push(id);
    }
    for (const lot of missing.length ? await this.#read(missing) : []) {
      const { saleId, period } = lot.auction;
      if (period !== 'ended') this.#open.set(saleId, lot);
      found.set(saleId, lot);
    }
    this.#before = new Map(found);
    return found;
  }

  async #read(ids: string[]): Promise<Lot[]> {
    const [auctions, bidders] = await Promise.all([
      this.reader.query<Standing>({ name: 'standings', text: STANDINGS, values: [ids] }),
      this.reader.query<StoredBidder>({ name: 'bidders', text: BIDDERS, values: [ids] }),
    ]);
    const of = Map.groupBy(bidders.rows, ({ saleId }) => saleId);
    return auctions.rows.map((row) => lotOf(row, biddersOf(of.get(row.saleId) ?? [])));
  }

  advance(lot: Lot, now: number): { state: Lot; effects: Effects } | undefined {
    const step = advanceLot(lot, now, (endedAt) => this.#returnsAt(endedAt));
    return step && { state: step.lot, effects: follows(new Effects(), step) };
  }
  #returnsAt(endedAt: number): number {
    const days = this.rulebook.int('bidding.deposit-return-working-days', endedAt);
    return this.calendar.addWorkingDays(endedAt, days).at;
  }

  save(lots: Lot[], rows: Row[]): Statement[] {
    const opened: Lot[] = [];
    const changed: Lot[] = [];
    const bidders: BidderRow[] = [];
    for (const lot of lots) {
      const before = this.#before.get(lot.auction.saleId);
      // A quote is a row of its own, and changes no other.
      if (before?.version === lot.version) continue;
      (before ? changed : opened).push(lot);
      bidders.push(...changedBidders(lot, before));
    }
    const bids: BidRow[] = [];
    const moments: MomentRow[] = [];
    for (const row of rows) {
      if ('item' in row) moments.push(row);
      else bids.push(row);
    }
    return [
      insertAuctions(opened),
      updateAuctions(changed),
      upsertBidders(bidders),
      insertBids(bids),
      insertMoments(moments),
    ];
  }

  committed(lots: Map<string, Lot>): void {
    for (const [saleId, lot] of lots) {
      if (lot.auction.period === 'ended') this.#open.delete(saleId);
      else this.#open.set(saleId, lot);
    }
  }
  forget(): void {
    this.#open.clear();
  }
  /** Whether the auction is in memory. */
  holds(saleId: string): boolean {
    return this.#open.has(saleId);
  }
}

function changedBidders({ auction: { saleId, bidders }, version }: Lot, before: Lot | undefined): BidderRow[] {
  const known = before?.auction.bidders;
  if (bidders === known) return [];
  const changed = Object.entries(bidders).filter(([party, bidder]) => known?.[party] !== bidder);
  return changed.map(([party, bidder]) => ({ saleId, party, bidder, version }));
}

function biddersOf(rows: StoredBidder[]): Record<string, Bidder> {
  const bidders: Record<string, Bidder> = {};
  for (const { saleId: _, party, registeredAt, admittedAt, askedAt, ...rest } of rows) {
    bidders[party] = {
      ...rest,
      registeredAt: registeredAt!.getTime(),
      admittedAt: admittedAt?.getTime() ?? null,
      askedAt: askedAt?.getTime() ?? null,
    };
  }
  return bidders;
}
