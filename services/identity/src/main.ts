import { readEnvironment } from '@yuzhi/chassis/config';
import { runProcess } from '@yuzhi/chassis/service';
import { IdentityEnvironment } from './identity.config.ts';
import { IdentityModule } from './identity.module.ts';

await runProcess(IdentityModule.with(readEnvironment(IdentityEnvironment)));
