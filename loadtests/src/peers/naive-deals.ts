// Peer N for whole deals: Nest, Prisma, a transaction that locks the deal's row, one database for everything, the
// book's own tables. No contract is printed, nobody is asked outside: the rail and the office are taken at their word.
// It keeps no idempotency key and no record, checks no seal, has no deadline and no event: all that is in its favour.
import 'reflect-metadata';
import { Body, Controller, HttpCode, HttpException, Inject, Injectable } from '@nestjs/common';
import { Module, Param, Post, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { PrismaPg } from '@prisma/adapter-pg';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { z } from 'zod';
import { type NaiveDeal, type Prisma, PrismaClient } from '../generated/prisma/client.ts';
import { told } from './peers.config.ts';
import { ready } from './ready.ts';
import { partyOf, type SignedIn, TokenGuard } from './token-guard.ts';

/** As many as a service of this size is usually given. */
const CONNECTIONS = 32;
/** In the hundredth part of a percent. */
const FEE_BPS = 200n;
const Purchase = z.object({ seller: z.string(), priceFen: z.string().regex(/^[1-9]\d{0,15}$/) });
const Signature = z.object({ contentHash: z.string().length(64) });

type Transaction = Prisma.TransactionClient;

/** The deal in this state, locked until the end of the transaction. */
async function locked(tx: Transaction, saleId: string, state: string): Promise<NaiveDeal> {
  await tx.$queryRaw`select 1 from naive_deal where sale_id = ${saleId}::uuid for update`;
  const deal = await tx.naiveDeal.findUnique({ where: { saleId } });
  if (!deal) throw new HttpException({ code: 'deal-not-found' }, 404);
  if (deal.state !== state) throw new HttpException({ code: `deal-${deal.state}` }, 409);
  return deal;
}

/** Books the lines, debit positive, each with the balance after it. */
async function book(tx: Transaction, saleId: string, kind: string, lines: readonly [string, bigint][]): Promise<void> {
  const [id, now] = [uuidv7(), new Date()];
  await tx.journal.create({ data: { id, saleId, kind, ref: saleId, actor: 'naive', effectiveAt: now, bookedAt: now } });
  // In the order of their names: nobody waits for somebody who waits for him.
  const sorted = lines.map(([account, fen], line) => ({ account, fen, line }));
  sorted.sort((a, b) => (a.account < b.account ? -1 : 1));
  for (const { account, fen, line } of sorted) {
    const opened = { code: account, currency: 'CNY', normalSide: 'credit', guarded: false, frozen: false, heldFen: 0n };
    const { postedFen, version } = await tx.account.upsert({
      where: { code: account },
      create: { ...opened, postedFen: fen, version: 1n },
      update: { postedFen: { increment: fen }, version: { increment: 1n } },
    });
    const entry = { journalId: id, line, account, amountFen: fen, balanceAfter: postedFen, accountVersion: version };
    await tx.entry.create({ data: entry });
  }
}

@Injectable()
class Deals {
  readonly #prisma = new PrismaClient({
    adapter: new PrismaPg({ connectionString: told('DATABASE_URL'), max: CONNECTIONS }),
  });

  async #turn<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#prisma.$transaction(work, { maxWait: 10_000, timeout: 10_000 });
  }

  buy(saleId: string, seller: string, buyer: string, priceFen: bigint) {
    const contentHash = saleId.replaceAll('-', '').repeat(2);
    const deal = { saleId, seller, buyer, priceFen, contentHash, state: 'signing' };
    return this.#turn(async (tx) => {
      await tx.naiveDeal.create({ data: deal });
      return { saleId, contentHash };
    });
  }
  sign(saleId: string, party: string, contentHash: string) {
    return this.#turn(async (tx) => {
      const deal = await locked(tx, saleId, 'signing');
      if (party !== deal.seller && party !== deal.buyer) throw new HttpException({ code: 'forbidden' }, 403);
      if (contentHash !== deal.contentHash) throw new HttpException({ code: 'another-contract' }, 422);
      await tx.naiveSignature.create({ data: { saleId, party, signedAt: new Date() } });
      const both = (await tx.naiveSignature.count({ where: { saleId } })) === 2;
      if (both) await tx.naiveDeal.update({ where: { saleId }, data: { state: 'paying' } });
      return { state: both ? 'paying' : 'signing' };
    });
  }
  pay(saleId: string) {
    return this.#turn(async (tx) => {
      const { priceFen } = await locked(tx, saleId, 'paying');
      await book(tx, saleId, 'pay-in', [
        ['psp:rail', priceFen],
        [`escrow:${saleId}`, -priceFen],
      ]);
      await tx.naiveDeal.update({ where: { saleId }, data: { state: 'registering' } });
      return { state: 'registering' };
    });
  }
  register(saleId: string) {
    return this.#turn(async (tx) => {
      await locked(tx, saleId, 'registering');
      await tx.naiveDeal.update({ where: { saleId }, data: { state: 'releasing', registeredOn: new Date() } });
      return { state: 'releasing' };
    });
  }
  release(saleId: string) {
    return this.#turn(async (tx) => {
      const { seller, priceFen } = await locked(tx, saleId, 'releasing');
      const feeFen = (priceFen * FEE_BPS) / 10_000n;
      await book(tx, saleId, 'release', [
        [`escrow:${saleId}`, priceFen],
        ['fee:platform', -feeFen],
        [`payable:${seller}`, feeFen - priceFen],
      ]);
      await book(tx, saleId, 'payout', [
        [`payable:${seller}`, priceFen - feeFen],
        ['psp:rail', feeFen - priceFen],
      ]);
      await tx.naiveDeal.update({ where: { saleId }, data: { state: 'closed' } });
      return { state: 'closed' };
    });
  }
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const found = schema.safeParse(body);
  if (!found.success) throw new HttpException({ code: 'invalid-input' }, 422);
  return found.data;
}

@Controller('v1/deals/:saleId')
@UseGuards(TokenGuard)
class DealsController {
  constructor(@Inject(Deals) private readonly deals: Deals) {}

  @Post('purchase')
  @HttpCode(200)
  buy(@Param('saleId') saleId: string, @Body() body: unknown, @Req() request: SignedIn) {
    const { seller, priceFen } = read(Purchase, body);
    return this.deals.buy(saleId, seller, partyOf(request), BigInt(priceFen));
  }
  @Post('signatures')
  @HttpCode(200)
  sign(@Param('saleId') saleId: string, @Body() body: unknown, @Req() request: SignedIn) {
    return this.deals.sign(saleId, partyOf(request), read(Signature, body).contentHash);
  }
  @Post('payment')
  @HttpCode(200)
  pay(@Param('saleId') saleId: string) {
    return this.deals.pay(saleId);
  }
  @Post('registration')
  @HttpCode(200)
  register(@Param('saleId') saleId: string) {
    return this.deals.register(saleId);
  }
  @Post('release')
  @HttpCode(200)
  release(@Param('saleId') saleId: string) {
    return this.deals.release(saleId);
  }
}

@Module({ controllers: [DealsController], providers: [Deals] })
class NaiveDealsModule {}

const app = await NestFactory.create<NestFastifyApplication>(NaiveDealsModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
ready(app.getHttpAdapter().getInstance().server.address(), () => app.close());
