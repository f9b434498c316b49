import { ServiceModule } from '@yuzhi/chassis/service';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { organisations, people } from '@yuzhi/protocol/identity';
import { type DynamicModule, Module } from '@nestjs/common';
import { ActivateRulebook } from './activate-rulebook.ts';
import { ClockStepper } from './clock-stepper.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import type { OversightConfig } from './oversight.config.ts';
import { ClockHandlers, RulebookHandlers } from './oversight.handlers.ts';
import { OversightQueries } from './oversight.queries.ts';
import { ClockStore, RulebookStore } from './oversight.store.ts';
import { SaleRecordProjection } from './sale-record.ts';

const providers = [
  RulebookStore,
  ClockStore,
  RulebookHandlers,
  ClockHandlers,
  OversightQueries,
  ActivateRulebook,
  ClockStepper,
  SaleRecordProjection,
];

@Module({ providers })
export class OversightModule {
  static with(config: OversightConfig): DynamicModule {
    const options = {
      catalogue,
      errands: [ActivateRulebook],
      projections: [SaleRecordProjection],
      tables: [organisations, people],
      prisma: PrismaClient,
    };
    return { module: OversightModule, imports: [ServiceModule.of('oversight', config, options)] };
  }
}
