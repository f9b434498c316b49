import { sealerOf } from '@yuzhi/chassis/sealer';
import { ServiceModule } from '@yuzhi/chassis/service';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { type DynamicModule, Module } from '@nestjs/common';
import { BookStore } from './book.store.ts';
import type { EscrowConfig } from './escrow.config.ts';
import { EscrowQueries } from './escrow.queries.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { LedgerQueries } from './ledger.queries.ts';
import { OrderHandlers } from './orders.handlers.ts';
import { PaymentRail } from './payment-rail.ts';
import { RailInbox } from './rail-inbox.ts';
import { CallRail, RailWork, ReadRailEvents, ReconcileRail } from './rail.errands.ts';
import { RailHandlers } from './rail.handlers.ts';
import { RailHook } from './rail.hook.ts';
import { SaleHandlers } from './sales.handlers.ts';
import { StripeRail } from './stripe.rail.ts';

const rules = [
  'escrow.fee-bps',
  'escrow.fee-min-fen',
  'escrow.fee-max-fen',
  'escrow.inventor-floor-bps',
  'escrow.rail-max-charge-fen',
  'escrow.rail-retry-days',
  'escrow.rail-attempts',
];
const errands = [CallRail, ReadRailEvents, ReconcileRail];

@Module({})
export class EscrowModule {
  static with(config: EscrowConfig): DynamicModule {
    return {
      module: EscrowModule,
      imports: [
        ServiceModule.of('escrow', config, { catalogue, rules, errands, busy: [RailWork], prisma: PrismaClient }),
      ],
      providers: [
        { provide: PaymentRail, useFactory: () => new StripeRail(config) },
        BookStore,
        sealerOf('journal'),
        OrderHandlers,
        SaleHandlers,
        RailHandlers,
        RailInbox,
        RailHook,
        RailWork,
        EscrowQueries,
        LedgerQueries,
        ...errands,
      ],
    };
  }
}
