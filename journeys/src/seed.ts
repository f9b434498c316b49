import { getOrganisation } from '@yuzhi/protocol/identity';
import { Refused } from '@yuzhi/protocol/refused';
import { detailsOf, UNIVERSITY } from './cast.ts';
import { readAddresses } from './journeys.config.ts';
import { seedMarket } from './market.ts';
import { Stage } from './stage.ts';

const stage = new Stage(readAddresses());
const { uscc } = detailsOf(UNIVERSITY);
const seeded = await stage.anyone.ask(getOrganisation, { uscc }).catch((error: unknown) => {
  if (error instanceof Refused && error.status === 404) return undefined;
  throw error;
});
if (!seeded) await seedMarket(stage, (step) => console.log(step));
