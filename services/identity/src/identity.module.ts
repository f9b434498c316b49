import { ServiceModule } from '@yuzhi/chassis/service';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { organisations, people } from '@yuzhi/protocol/identity';
import { type DynamicModule, Module } from '@nestjs/common';
import { Credentials } from './credentials.ts';
import { FoundPlatform } from './found-platform.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import type { IdentityConfig } from './identity.config.ts';
import { OrganisationHandlers, PersonHandlers } from './identity.handlers.ts';
import { IdentityQueries } from './identity.queries.ts';
import { OrganisationStore, PersonStore } from './identity.store.ts';
import { Issuer } from './issuer/issuer.ts';
import { SignUp } from './sign-up.ts';

const providers = [
  PersonStore,
  OrganisationStore,
  PersonHandlers,
  OrganisationHandlers,
  IdentityQueries,
  Credentials,
  SignUp,
  Issuer,
  FoundPlatform,
];

@Module({ providers })
export class IdentityModule {
  static with(config: IdentityConfig): DynamicModule {
    const options = {
      catalogue,
      rules: ['identity.sign-in-failures', 'identity.sign-in-rest-seconds'],
      errands: [FoundPlatform],
      tables: [organisations, people],
      prisma: PrismaClient,
    };
    return { module: IdentityModule, imports: [ServiceModule.of('identity', config, options)] };
  }
}
