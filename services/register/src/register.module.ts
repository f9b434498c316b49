import { HeldTables } from '@yuzhi/chassis/parts';
import { ServiceModule } from '@yuzhi/chassis/service';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { organisations, people } from '@yuzhi/protocol/identity';
import { type DynamicModule, Module } from '@nestjs/common';
import { PrismaClient } from './generated/prisma/client.ts';
import { HttpPatentOffice } from './http.office.ts';
import { PatentOffice } from './patent-office.ts';
import type { RegisterConfig } from './register.config.ts';
import { CheckFiling, FollowChanges, ReadPatent, SubmitFiling } from './register.errands.ts';
import { FilingHandlers, PatentHandlers } from './register.handlers.ts';
import { RegisterQueries } from './register.queries.ts';
import { FilingStore, PatentStore } from './register.store.ts';

const rules = ['register.filing-check-days', 'register.filing-decision-days'];
const errands = [ReadPatent, SubmitFiling, CheckFiling, FollowChanges];

@Module({})
export class RegisterModule {
  static with(config: RegisterConfig): DynamicModule {
    const office = (tables: HeldTables) => {
      const nameOf = (party: string) =>
        tables.of(organisations).get(party)?.name ?? tables.of(people).get(party)?.name ?? party;
      return new HttpPatentOffice(config.patentOfficeUrl.replace(/\/$/, ''), config.patentOfficeDemo, nameOf);
    };
    return {
      module: RegisterModule,
      imports: [
        ServiceModule.of('register', config, {
          catalogue,
          rules,
          errands,
          tables: [organisations, people],
          prisma: PrismaClient,
        }),
      ],
      providers: [
        { provide: PatentOffice, useFactory: office, inject: [HeldTables] },
        PatentStore,
        FilingStore,
        PatentHandlers,
        FilingHandlers,
        RegisterQueries,
        ...errands,
      ],
    };
  }
}
