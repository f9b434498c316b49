import type { ServiceConfig } from '@yuzhi/chassis/config';
import { ServiceModule } from '@yuzhi/chassis/service';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { type DynamicModule, Module } from '@nestjs/common';
import { AuctionStore } from './auction.store.ts';
import { BiddingAnswers } from './bidding.answers.ts';
import { BiddingHandlers } from './bidding.handlers.ts';
import { BiddingQueries } from './bidding.queries.ts';
import { PrismaClient } from './generated/prisma/client.ts';

const rules = [
  'bidding.rules-version',
  'bidding.deposit-min-bps',
  'bidding.deposit-max-bps',
  'bidding.deposit-return-working-days',
  'bidding.deposit-answer-seconds',
  'bidding.cycle-min-seconds',
  'bidding.cycle-max-seconds',
];

@Module({ providers: [AuctionStore, BiddingHandlers, BiddingAnswers, BiddingQueries] })
export class BiddingModule {
  static with(config: ServiceConfig): DynamicModule {
    const options = { catalogue, rules, prisma: PrismaClient };
    return { module: BiddingModule, imports: [ServiceModule.of('bidding', config, options)] };
  }
}
