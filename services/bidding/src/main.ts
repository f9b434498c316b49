import { readConfig, ServiceEnvironment } from '@yuzhi/chassis/config';
import { runProcess } from '@yuzhi/chassis/service';
import { BiddingModule } from './bidding.module.ts';

await runProcess(BiddingModule.with(readConfig(ServiceEnvironment, process.env)));
