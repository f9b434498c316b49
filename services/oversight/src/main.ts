import { readEnvironment } from '@yuzhi/chassis/config';
import { runProcess } from '@yuzhi/chassis/service';
import { OversightEnvironment } from './oversight.config.ts';
import { OversightModule } from './oversight.module.ts';

await runProcess(OversightModule.with(readEnvironment(OversightEnvironment)));
