import { expect, it } from '@jest/globals';
import { quantile } from '@yuzhi/telemetry/series';
import { metrics } from '@yuzhi/telemetry/metrics';
import { AnswerTimes } from './answer-times.ts';

const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);

it('tells the answers of the last minute, none that is older than two, and how long they took', () => {
  const times = new AnswerTimes(0);
  for (let i = 0; i < 99; i++) times.add(4, 1000);
  times.add(700, 59_000);
  expect(total(times.counts(59_999))).toBe(100);
  expect(quantile(metrics.requests.bounds, times.counts(119_000), 0.5)).toBeLessThan(0.01);
  expect(quantile(metrics.requests.bounds, times.counts(119_000), 0.995)).toBeGreaterThan(0.25);
  times.add(4, 119_500);
  expect(total(times.counts(119_999))).toBe(101);
  expect(total(times.counts(120_000))).toBe(1);
  expect(total(times.counts(240_000))).toBe(0);
});
