import type { ServiceConfig } from '@yuzhi/chassis/config';
import { ServiceModule } from '@yuzhi/chassis/service';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { people } from '@yuzhi/protocol/identity';
import { type DynamicModule, Module } from '@nestjs/common';
import { PrismaClient } from './generated/prisma/client.ts';
import { NEEDED_RULES } from './domain/asking.ts';
import { ListingAnswers } from './listings.answers.ts';
import { ListingHandlers } from './listings.handlers.ts';
import { ListingQueries } from './listings.queries.ts';
import { ListingStore } from './listings.store.ts';

const rules = ['listings.result-notice-working-days', ...NEEDED_RULES];

@Module({ providers: [ListingStore, ListingHandlers, ListingAnswers, ListingQueries] })
export class ListingsModule {
  static with(config: ServiceConfig): DynamicModule {
    return {
      module: ListingsModule,
      imports: [ServiceModule.of('listings', config, { catalogue, rules, tables: [people], prisma: PrismaClient })],
    };
  }
}
