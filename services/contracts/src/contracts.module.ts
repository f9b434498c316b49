import { ServiceModule, SIDE } from '@yuzhi/chassis/service';
import type { Reader } from '@yuzhi/database/store';
import { PlatformClock } from '@yuzhi/messaging/platform-clock';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { organisations, people } from '@yuzhi/protocol/identity';
import { type DynamicModule, Module } from '@nestjs/common';
import { ContractFiles } from './contract-files.ts';
import type { ContractsConfig } from './contracts.config.ts';
import { DealAnswers } from './deals.answers.ts';
import { DealHandlers } from './deals.handlers.ts';
import { DealQueries } from './deals.queries.ts';
import { DealStore } from './deals.store.ts';
import { LocalSignatureProvider } from './documents/local-signature-provider.ts';
import { SIGNATURES } from './documents/signature-provider.ts';
import { NEEDED_RULES } from './domain/terms.ts';
import { DraftContract } from './draft-contract.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { SealContract } from './seal-contract.ts';
import { SignContract } from './sign-contract.ts';
import { SigningKeys } from './signing-keys.ts';

const errands = [DraftContract, SignContract, SealContract];

@Module({})
export class ContractsModule {
  static with(config: ContractsConfig): DynamicModule {
    const local = (side: Reader, clock: PlatformClock) =>
      new LocalSignatureProvider(new SigningKeys(side, config.signingKeySecret), () => clock.now());
    const service = ServiceModule.of('contracts', config, {
      catalogue,
      rules: NEEDED_RULES,
      errands,
      tables: [organisations, people],
      prisma: PrismaClient,
    });
    return {
      module: ContractsModule,
      imports: [service],
      providers: [
        { provide: SIGNATURES, useFactory: local, inject: [SIDE, PlatformClock] },
        ContractFiles,
        DealStore,
        DealHandlers,
        DealAnswers,
        DealQueries,
        ...errands,
      ],
    };
  }
}
