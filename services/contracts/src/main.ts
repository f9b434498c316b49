import { readEnvironment } from '@yuzhi/chassis/config';
import { runProcess } from '@yuzhi/chassis/service';
import { ContractsEnvironment } from './contracts.config.ts';
import { ContractsModule } from './contracts.module.ts';

await runProcess(ContractsModule.with(readEnvironment(ContractsEnvironment)));
