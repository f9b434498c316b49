import exec from 'k6/execution';
import type { RampingArrivalRateScenario } from 'k6/options';
import { given } from './gate.ts';
import { dueAfterS, type Stage } from './pace.ts';
import { dueAt, quote } from './quoting.ts';

/** Quotes on many lots at a rate that goes through stages. */
export const ramp = (startRate: number, stages: readonly Stage[], maxVUs: number): RampingArrivalRateScenario => ({
  executor: 'ramping-arrival-rate',
  startRate,
  timeUnit: '1s',
  preAllocatedVUs: Math.min(maxVUs, Math.max(20, startRate)),
  maxVUs,
  stages: stages.map(({ durationS, target }) => ({ duration: `${durationS}s`, target })),
});

export function quoteInTime(startRate: number, stages: readonly Stage[]): void {
  const i = exec.scenario.iterationInTest;
  const intendedAt = dueAt(dueAfterS(i, startRate, stages));
  quote(given.lots[i % given.lots.length]!, Math.floor(i / given.lots.length), intendedAt);
}
