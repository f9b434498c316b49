import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { visit } from './errands.ts';
import { given } from './gate.ts';
import { quick, thresholds } from './judgement.ts';
import { dueAfterS } from './pace.ts';
import { dueAt } from './quoting.ts';

export { handleSummary } from './judgement.ts';

/** Visitors come evenly; some sit in the halls all the time, outside of this program. */
export const options: Options = {
  scenarios: {
    visitors: {
      executor: 'constant-arrival-rate',
      rate: given.rate,
      timeUnit: '1s',
      duration: `${given.durationS}s`,
      preAllocatedVUs: Math.max(20, given.rate),
      maxVUs: Math.max(100, given.rate * 5),
    },
  },
  thresholds: thresholds(
    { accepted: ['rate>0.05'], http_req_failed: ['rate<0.01'] },
    {
      'accepted{name:bidding.auction.place-bid.v1}': ['rate>0.5'],
      ...quick('bidding.auction.place-bid.v1', 300, 1000),
      ...quick('listings.listing.list.v1', 300, 1000),
      ...quick('bidding.auction.get.v1', 200, 1000),
    },
  ),
};

export default function (): void {
  const i = exec.scenario.iterationInTest;
  visit(i, dueAt(dueAfterS(i, given.rate, [])));
}
