import { readAddresses } from './journeys.config.ts';
import { isSeeded, seedMarket } from './market.ts';
import { Stage } from './stage.ts';

const stage = new Stage(readAddresses());
if (!(await isSeeded(stage))) await seedMarket(stage, (step) => console.log(step));
