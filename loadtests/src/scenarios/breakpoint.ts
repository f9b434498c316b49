import type { Options } from 'k6/options';
import { given } from './gate.ts';
import type { Stage } from './pace.ts';
import { quoteInTime, ramp } from './ramp.ts';

export { handleSummary } from './judgement.ts';

const MOST_VUS = 2000;
const start = Math.max(10, Math.floor(given.rate / 20));
const stages: Stage[] = [{ durationS: given.durationS, target: given.rate }];
const stop = (threshold: string) => ({ threshold, abortOnFail: true, delayAbortEval: '10s' });

/** Ever more until it breaks: a tail of a second, or answers that do not come. Where that was is the result. */
export const options: Options = {
  scenarios: { breakpoint: ramp(start, stages, MOST_VUS) },
  thresholds: { latency: [stop('p(99)<1000')], answered: [stop('rate>0.99')], dropped_iterations: [stop('count<100')] },
};

export default function (): void {
  quoteInTime(start, stages);
}
