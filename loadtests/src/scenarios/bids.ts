import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { given } from './gate.ts';
import { thresholds } from './judgement.ts';
import { dueAfterS } from './pace.ts';
import { dueAt, quote } from './quoting.ts';

export { handleSummary } from './judgement.ts';

/** Before anything is judged: a cold platform measures itself, not its way of working. */
const WARM_S = 3;
const HALF_S = Math.max(1, Math.floor(given.durationS / 2));
const rated = (name: string, startS: number, durationS: number) => ({
  executor: 'constant-arrival-rate' as const,
  exec: name,
  rate: given.rate,
  timeUnit: '1s',
  startTime: `${startS}s`,
  duration: `${durationS}s`,
  preAllocatedVUs: Math.max(20, Math.ceil(given.rate / 2)),
  maxVUs: Math.max(50, given.rate * 2),
});
const PARTS = ['many', 'hot'];
const ofParts = (metric: string, rules: string[]) =>
  Object.fromEntries(PARTS.map((part) => [`${metric}{scenario:${part}}`, rules]));

/** Half of the time on many lots, then half of it on one. */
export const options: Options = {
  scenarios: {
    warm: rated('warm', 0, WARM_S),
    many: rated('many', WARM_S, HALF_S),
    hot: rated('hot', WARM_S + HALF_S, HALF_S),
  },
  thresholds: thresholds(
    { accepted: ['rate>0.05'] },
    { ...ofParts('accepted', ['rate>0.9']), ...ofParts('latency', ['p(95)<250', 'p(99)<1000']) },
  ),
};

const due = () => dueAt(dueAfterS(exec.scenario.iterationInTest, given.rate, []));

export function many(): void {
  const i = exec.scenario.iterationInTest;
  quote(given.lots[i % given.lots.length]!, Math.floor(i / given.lots.length), due());
}

export function hot(): void {
  quote(given.hotLot!, exec.scenario.iterationInTest, due());
}

export function warm(): void {
  quote(given.warmLot!, exec.scenario.iterationInTest, due());
}
