// Peer N: what a team would write first. Nest, Prisma, a transaction that locks the auction's row; the same tables and
// the same contract over HTTP. It keeps no idempotency key, sends no event, has no stream: all that is in its favour.
import 'reflect-metadata';
import { Body, Controller, HttpCode, HttpException, Inject, Injectable } from '@nestjs/common';
import { Module, Param, Post, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { PrismaPg } from '@prisma/adapter-pg';
import { z } from 'zod';
import { PrismaClient } from '../generated/prisma/client.ts';
import { told } from './peers.config.ts';
import { ready } from './ready.ts';
import { partyOf, type SignedIn, TokenGuard } from './token-guard.ts';

/** As many as a service of this size is usually given. */
const CONNECTIONS = 32;
const Quote = z.object({ amountFen: z.string().regex(/^[1-9]\d{0,15}$/) });

interface Lot {
  terms: { startPriceFen: string; incrementFen: string };
  period: string;
}
interface Best {
  seq: number;
  bids: number;
  head: number;
  leader: string | null;
  highestFen: bigint | null;
}

/** Why a quote is refused, in the words of the product. */
function refusalOf(lot: Lot, best: Best, party: string, paddle: number | null, amountFen: bigint): string | null {
  if (lot.period !== 'free') return 'bidding-not-open';
  if (paddle === null) return 'bidder-not-admitted';
  if (best.leader === party) return 'bidder-already-leading';
  if (best.highestFen === null) return amountFen < BigInt(lot.terms.startPriceFen) ? 'bid-below-start-price' : null;
  const increment = BigInt(lot.terms.incrementFen);
  if (amountFen < best.highestFen + increment) return 'bid-below-next-valid';
  return (amountFen - best.highestFen) % increment === 0n ? null : 'bid-off-increment';
}

@Injectable()
class Bids {
  readonly #prisma = new PrismaClient({
    adapter: new PrismaPg({ connectionString: told('DATABASE_URL'), max: CONNECTIONS }),
  });

  place(saleId: string, person: string, party: string, amountFen: bigint) {
    return this.#prisma.$transaction(
      async (tx) => {
        const [lot] = await tx.$queryRaw<Lot[]>`
          select terms, period from auction where sale_id = ${saleId}::uuid for update`;
        if (!lot) return { refusal: 'auction-not-found', seq: 0 };
        const best = await bestOf(tx, saleId);
        const bidder = await tx.bidder.findUnique({ where: { saleId_party: { saleId, party } } });
        const paddle = bidder?.paddle ?? null;
        const refusal = refusalOf(lot, best, party, paddle, amountFen);
        const seq = best.seq + 1;
        const [bids, head] = refusal ? [best.bids, best.head] : [best.bids + 1, best.head + 1];
        const leaderSeq = refusal ? null : seq;
        const row = { saleId, seq, at: new Date(), bidder: party, person, paddle, amountFen, refusal };
        await tx.bid.create({ data: { ...row, bids, leaderSeq, cycle: 0, head } });
        return { refusal, seq };
      },
      { maxWait: 10_000, timeout: 10_000 },
    );
  }
}

type Transaction = Omit<PrismaClient, `$${string}`>;

/** The newest quote and the highest. */
async function bestOf(tx: Transaction, saleId: string): Promise<Best> {
  const newest = await tx.bid.findFirst({ where: { saleId }, orderBy: { seq: 'desc' } });
  const leading = newest?.refusal
    ? await tx.bid.findFirst({ where: { saleId, refusal: null }, orderBy: { seq: 'desc' } })
    : newest;
  return {
    seq: newest?.seq ?? 0,
    bids: newest?.bids ?? 0,
    head: newest?.head ?? 0,
    leader: leading?.bidder ?? null,
    highestFen: leading?.amountFen ?? null,
  };
}

@Controller('v1/auctions')
class BidsController {
  constructor(@Inject(Bids) private readonly bids: Bids) {}

  @Post(':saleId/bids')
  @HttpCode(200)
  @UseGuards(TokenGuard)
  async place(@Param('saleId') saleId: string, @Body() body: unknown, @Req() request: SignedIn) {
    const quote = Quote.safeParse(body);
    if (!quote.success) throw new HttpException({ code: 'invalid-input' }, 422);
    const { amountFen } = quote.data;
    const { refusal, seq } = await this.bids.place(saleId, request.person!, partyOf(request), BigInt(amountFen));
    if (refusal) throw new HttpException({ code: refusal, status: 422 }, 422);
    return { seq, amountFen };
  }
}

@Module({ controllers: [BidsController], providers: [Bids] })
class NaiveModule {}

const app = await NestFactory.create<NestFastifyApplication>(NaiveModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
ready(app.getHttpAdapter().getInstance().server.address(), () => app.close());
