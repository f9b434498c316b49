import { readEnvironment, ServiceEnvironment } from '@yuzhi/chassis/config';
import { runProcess } from '@yuzhi/chassis/service';
import { ListingsModule } from './listings.module.ts';

await runProcess(ListingsModule.with(readEnvironment(ServiceEnvironment)));
