import { describe, expect, it } from '@jest/globals';
import type { Acknowledged } from '../reconcile/acknowledged.ts';
import { plot } from './plot.ts';
import { latencyLines, percentile, timeline } from './timeline.ts';

const answered = (sentAt: number, answeredAt: number, intendedAt?: number): Acknowledged => ({
  ...{ service: 'bidding', aggregate: 'a', idempotencyKey: `${sentAt}`, status: 200, code: 'done', body: {} },
  ...{ sentAt, answeredAt, ...(intendedAt !== undefined && { intendedAt }) },
});

describe('the timeline of a run', () => {
  it('counts by the second of the answer, and measures from when it should have been sent', () => {
    const log = [answered(1000, 1010), answered(1500, 1520, 1400), answered(3100, 3400)];
    expect(timeline(log)).toEqual([
      { at: 0, perSecond: 2, p50Ms: 10, p99Ms: 120 },
      { at: 1, perSecond: 0, p50Ms: 0, p99Ms: 0 },
      { at: 2, perSecond: 1, p50Ms: 300, p99Ms: 300 },
    ]);
    expect(timeline([])).toEqual([]);
  });

  it('draws no latency where nothing was answered', () => {
    const [p50] = latencyLines(timeline([answered(1000, 1010), answered(3100, 3400)]));
    expect(p50!.points).toEqual([
      [0, 10],
      [2, 300],
    ]);
  });
});

it('a percentile is a value that occurred', () => {
  expect([0.5, 0.99, 1].map((share) => percentile([1, 2, 3, 4], share))).toEqual([2, 4, 4]);
  expect(percentile([], 0.5)).toBe(0);
});

describe('a plot', () => {
  it('shows each line with its name, and nothing for nothing', () => {
    const drawn = plot('a < b', [
      {
        name: 'p50',
        points: [
          [0, 1],
          [2, 3],
        ],
      },
    ]);
    expect(drawn).toContain('a &lt; b');
    expect(drawn.match(/<polyline/g)).toHaveLength(1);
    expect(drawn).toContain('>p50</text>');
    expect(plot('nothing', [{ name: 'p50', points: [] }])).toBe('');
  });
});
