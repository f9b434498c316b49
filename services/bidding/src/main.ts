import { readEnvironment, ServiceEnvironment } from '@yuzhi/chassis/config';
import { runProcess } from '@yuzhi/chassis/service';
import { BiddingModule } from './bidding.module.ts';

await runProcess(BiddingModule.with(readEnvironment(ServiceEnvironment)));
