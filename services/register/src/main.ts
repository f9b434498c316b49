import { readConfig } from '@yuzhi/chassis/config';
import { runProcess } from '@yuzhi/chassis/service';
import { RegisterEnvironment } from './register.config.ts';
import { RegisterModule } from './register.module.ts';

await runProcess(RegisterModule.with(readConfig(RegisterEnvironment, process.env)));
