import type { Options } from 'k6/options';
import { given } from './gate.ts';
import { thresholds } from './judgement.ts';
import type { Stage } from './pace.ts';
import { quoteInTime, ramp } from './ramp.ts';

export { handleSummary } from './judgement.ts';

const TIMES = 10;
const RISE_S = 10;
const calmS = Math.max(5, Math.floor(given.durationS / 4));
const stages: Stage[] = [
  { durationS: calmS, target: given.rate },
  { durationS: RISE_S, target: given.rate * TIMES },
  { durationS: calmS, target: given.rate * TIMES },
  { durationS: 1, target: given.rate },
  { durationS: calmS, target: given.rate },
];

/** Ten times as much within ten seconds. What is too much may be turned away politely; nothing else may be lost. */
export const options: Options = {
  scenarios: { spike: ramp(given.rate, stages, given.rate * TIMES) },
  thresholds: thresholds({}),
};

export default function (): void {
  quoteInTime(given.rate, stages);
}
