import { readEnvironment } from '@yuzhi/chassis/config';
import { runProcess } from '@yuzhi/chassis/service';
import { RegisterEnvironment } from './register.config.ts';
import { RegisterModule } from './register.module.ts';

await runProcess(RegisterModule.with(readEnvironment(RegisterEnvironment)));
