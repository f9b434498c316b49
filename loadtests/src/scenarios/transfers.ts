import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import { Deal } from './deal.ts';
import { given, newKey } from './gate.ts';
import { quick, thresholds } from './judgement.ts';
import { dueAfterS } from './pace.ts';
import { dueAt } from './quoting.ts';

export { handleSummary } from './judgement.ts';

const closed = new Counter('deals_closed');
const broken = new Counter('deals_broken');
/** From the import of the patent to the last payment; most of it is waiting for the clock. */
const took = new Trend('deal_duration', true);

const DEALS = given.deals.length;
/** Less than one a second may begin: k6 takes whole numbers, of a minute then. */
const PER_MINUTE = Math.max(1, Math.round(given.rate * 60));

/** Whole deals, so many beginning each second; they go on after the last has begun. */
export const options: Options = {
  scenarios: {
    transfers: {
      executor: 'constant-arrival-rate',
      rate: PER_MINUTE,
      timeUnit: '60s',
      duration: `${given.durationS}s`,
      gracefulStop: '600s',
      preAllocatedVUs: DEALS,
      maxVUs: DEALS,
    },
  },
  thresholds: thresholds(
    { deals_broken: ['count<1'], deals_closed: ['count>0'], accepted: ['rate>0.99'] },
    { ...quick('bidding.auction.place-bid.v1', 500, 1000), ...quick('contracts.deal.sign.v1', 500, 1000) },
  ),
};

export default function (): void {
  const n = exec.scenario.iterationInTest;
  const plan = given.deals[n];
  if (!plan) return;
  const since = Date.now();
  try {
    new Deal(`deal-${n}`, plan).run({ key: newKey(), intendedAt: dueAt(dueAfterS(n, PER_MINUTE / 60, [])) });
    took.add(Date.now() - since);
    closed.add(1);
  } catch (error) {
    broken.add(1);
    console.warn(`deal ${n}: ${(error as Error).message}`);
  }
}
