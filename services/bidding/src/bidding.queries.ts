import { Answer, Fill } from '@yuzhi/chassis/answers';
import { fromJson } from '@yuzhi/database/json';
import { PlatformClock } from '@yuzhi/messaging/platform-clock';
import { getAuction, getRegistration, hall, listAuctions, listBids } from '@yuzhi/protocol/bidding';
import type { ParamsOf, Principal } from '@yuzhi/protocol/declare';
import { Injectable } from '@nestjs/common';
import { lotOf, type Standing } from './auction.rows.ts';
import type { Period } from './domain/auction-state.ts';
import { nextValid } from './domain/bid-rule.ts';
import { advance } from './domain/deadlines.ts';
import type { Deposit } from './domain/deposit.ts';
import { type HallItem, shownItems } from './domain/hall.ts';
import { publicTerms, type Terms } from './domain/terms.ts';
import { depositOrder } from './follows.ts';
import { PrismaClient } from './generated/prisma/client.ts';

/** Of the column. */
const SEQ_MAX = 2_147_483_647;

@Injectable()
export class BiddingQueries {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly clock: PlatformClock,
  ) {}

  @Answer(getAuction)
  async get({ saleId }: ParamsOf<typeof getAuction>) {
    const [row, now] = await Promise.all([this.prisma.standing.findUnique({ where: { saleId } }), this.clock.now()]);
    return row ? viewOf(row, now) : undefined;
  }

  /** Those that begin last come first; the cursor is the last row's beginning and id. */
  @Answer(listAuctions)
  async list({ after, limit, period }: ParamsOf<typeof listAuctions>) {
    const now = await this.clock.now();
    const [ms, saleId] = after?.split('_') ?? [];
    const freeStartsAt = new Date(Number(ms));
    const behind = saleId
      ? { OR: [{ freeStartsAt: { lt: freeStartsAt } }, { freeStartsAt, saleId: { lt: saleId } }] }
      : {};
    const rows = await this.prisma.standing.findMany({
      where: { AND: [period ? inPeriod(period, new Date(now)) : {}, behind] },
      orderBy: [{ freeStartsAt: 'desc' }, { saleId: 'desc' }],
      take: limit + 1,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map((row) => viewOf(row, now)),
      next: rows.length > limit && last ? `${last.freeStartsAt.getTime()}_${last.saleId}` : null,
    };
  }

  @Answer(listBids)
  async bids({ saleId, after, limit }: ParamsOf<typeof listBids>) {
    if (!(await this.prisma.auction.findUnique({ where: { saleId }, select: { saleId: true } }))) return undefined;
    const rows = await this.prisma.bid.findMany({
      where: { saleId, refusal: null, ...(after && { seq: { lt: Math.min(Number(after.split('_')[0]), SEQ_MAX) } }) },
      orderBy: { seq: 'desc' },
      take: limit + 1,
    });
    const items = rows.slice(0, limit).map(({ seq, at, paddle, amountFen }) => {
      return { seq, at: at.getTime(), paddle: paddle!, amountFen };
    });
    const last = items.at(-1);
    return { items, next: rows.length > limit && last ? `${last.seq}_${saleId}` : null };
  }

  @Answer(getRegistration)
  async registration({ saleId }: ParamsOf<typeof getRegistration>, asker?: Principal) {
    const party = asker!.party;
    const [bidder, auction] = await Promise.all([
      this.prisma.bidder.findUnique({ where: { saleId_party: { saleId, party } } }),
      this.prisma.standing.findUnique({ where: { saleId }, select: { leader: true } }),
    ]);
    if (!bidder || !auction) return undefined;
    const { rulesVersion, registeredAt, paddle, admittedAt, deposit } = bidder;
    return {
      ...{ saleId, party, rulesVersion, paddle },
      registeredAt: registeredAt.getTime(),
      orderId: depositOrder(saleId, party),
      admittedAt: admittedAt?.getTime() ?? null,
      leading: auction.leader === party,
      deposit: shownDeposit(deposit as Deposit),
    };
  }

  /** Valid quotes tell from their own rows how they were shown; everything else has a row of its own. */
  @Fill(hall)
  async moments({ saleId }: ParamsOf<typeof hall>, { after, limit }: { after: number; limit: number }) {
    const standing = await this.prisma.standing.findUnique({ where: { saleId }, select: { head: true, terms: true } });
    if (!standing) return undefined;
    const { head } = standing;
    if (after >= head) return { items: [], head };
    const [[{ first }], moments] = await Promise.all([
      this.prisma.$queryRaw<[{ first: number }]>`select first_bid_behind(${saleId}::uuid, ${after}) as first`,
      this.prisma.moment.findMany({ where: { saleId, seq: { gt: after } }, orderBy: { seq: 'asc' }, take: limit }),
    ]);
    const bids = await this.prisma.bid.findMany({
      where: { saleId, refusal: null, seq: { gte: first } },
      orderBy: { seq: 'asc' },
      take: limit,
    });
    const terms = fromJson<Terms>(standing.terms);
    const shown = bids.flatMap((bid) => shownItems({ ...bid, paddle: bid.paddle!, at: bid.at.getTime() }, terms));
    const items = [...shown, ...moments.map(({ seq, item }) => ({ seq, item: item as HallItem }))]
      // What was committed after the head was read may be here in part.
      .filter(({ seq }) => after < seq && seq <= head)
      .toSorted((a, b) => a.seq - b.seq)
      .slice(0, limit);
    return { items, head };
  }
}

/** While escrow is asked to apply it, the deposit is still held. */
const shownDeposit = (deposit: Deposit) => (deposit === 'applying' ? 'held' : deposit);

/** The period at `now`, whatever the row says: nobody may have noticed a deadline yet. */
function inPeriod(period: Period, now: Date) {
  const running = { period: { not: 'ended' }, endsAt: { gt: now } };
  switch (period) {
    case 'scheduled':
      return { ...running, freeStartsAt: { gt: now } };
    case 'free':
      return { ...running, freeStartsAt: { lte: now }, freeEndsAt: { gt: now } };
    case 'timed':
      return { ...running, freeEndsAt: { lte: now } };
    case 'ended':
      return { endsAt: { lte: now } };
  }
}

/** The auction as it stands at `now`, with every deadline applied that nobody may have noticed yet. */
function viewOf(row: Standing, now: number) {
  const { auction: stored, head } = lotOf(row);
  const { auction } = advance(stored, now);
  const { saleId, seller, period, paddles, highestFen, leaderPaddle, bids, cycle, cycleEndsAt, result } = auction;
  const { currency: _, unansweredMs: __, cycleMs, ...terms } = publicTerms(auction.terms);
  return {
    ...{ saleId, seller, period, highestFen, bids, cycle, cycleEndsAt, now, head },
    terms: { ...terms, cycleSeconds: cycleMs / 1000 },
    bidders: paddles,
    leadingPaddle: leaderPaddle,
    nextValidFen: nextValid(auction),
    result: result && {
      outcome: result.outcome,
      endedAt: result.endedAt,
      paddle: result.paddle,
      priceFen: result.priceFen,
    },
  };
}
