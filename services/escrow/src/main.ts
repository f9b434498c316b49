import { readEnvironment } from '@yuzhi/chassis/config';
import { runProcess } from '@yuzhi/chassis/service';
import { EscrowEnvironment } from './escrow.config.ts';
import { EscrowModule } from './escrow.module.ts';

await runProcess(EscrowModule.with(readEnvironment(EscrowEnvironment)));
