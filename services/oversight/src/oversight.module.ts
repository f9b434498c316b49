import { ServiceModule } from '@yuzhi/chassis/service';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { organisations, people } from '@yuzhi/protocol/identity';
import { type DynamicModule, Module } from '@nestjs/common';
import { ActivateRulebook } from './activate-rulebook.ts';
import { ClockStepper } from './clock-stepper.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { LiveView } from './live-view.ts';
import { Members } from './members.ts';
import { OpsQueries } from './ops.queries.ts';
import type { OversightConfig } from './oversight.config.ts';
import { ClockHandlers, RulebookHandlers } from './oversight.handlers.ts';
import { OversightQueries } from './oversight.queries.ts';
import { ClockStore, RulebookStore } from './oversight.store.ts';
import { CarryOutReplays } from './replay.errand.ts';
import { ReplayHandlers } from './replays.handlers.ts';
import { ReplayStore } from './replays.store.ts';
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
  Members,
  LiveView,
  OpsQueries,
  ReplayStore,
  ReplayHandlers,
  CarryOutReplays,
];

@Module({ providers })
export class OversightModule {
  static with(config: OversightConfig): DynamicModule {
    const options = {
      catalogue,
      errands: [ActivateRulebook, CarryOutReplays],
      projections: [SaleRecordProjection],
      tables: [organisations, people],
      prisma: PrismaClient,
    };
    return { module: OversightModule, imports: [ServiceModule.of('oversight', config, options)] };
  }
}
