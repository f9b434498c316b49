import { describe, expect, it } from '@jest/globals';
import { draw, dueAfterS } from './pace.ts';

/** The same by small steps: how many are due by then. */
function dueBy(atS: number, startRate: number, stages: { durationS: number; target: number }[]): number {
  const step = 1e-4;
  let count = 0;
  for (let t = step / 2; t < atS; t += step) {
    let [from, rate] = [0, startRate];
    let now = stages.at(-1)?.target ?? startRate;
    for (const { durationS, target } of stages) {
      if (t < from + durationS) {
        now = rate + ((target - rate) * (t - from)) / durationS;
        break;
      }
      [from, rate] = [from + durationS, target];
    }
    count += now * step;
  }
  return count;
}

describe('when an iteration is due', () => {
  it('is evenly spread at a constant rate', () => {
    expect([0, 1, 10].map((n) => dueAfterS(n, 20, []))).toEqual([0, 0.05, 0.5]);
  });

  it('follows the area below a rate that rises and falls', () => {
    const stages = [
      { durationS: 2, target: 10 },
      { durationS: 1, target: 100 },
      { durationS: 2, target: 100 },
      { durationS: 3, target: 10 },
    ];
    for (const n of [5, 19.9, 20.1, 50, 74, 200, 300, 430, 500]) {
      expect(dueBy(dueAfterS(n, 10, stages), 10, stages)).toBeCloseTo(n, 0);
    }
  });

  it('begins at a standstill without dividing by it', () => {
    const stages = [{ durationS: 10, target: 10 }];
    expect(dueAfterS(0, 0, stages)).toBe(0);
    expect(dueAfterS(12.5, 0, stages)).toBe(5);
    expect(dueAfterS(1, 0, [])).toBe(Infinity);
  });
});

describe('a draw', () => {
  it('is the same for the same seed and number, and another for another', () => {
    expect(draw(7, 3)).toBe(draw(7, 3));
    const many = new Set([1, 2, 3].flatMap((seed) => Array.from({ length: 1000 }, (_, n) => draw(seed, n))));
    expect(many.size).toBeGreaterThan(2990);
  });

  it('falls evenly between 0 and 1', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let n = 0; n < 10_000; n++) tenths[Math.floor(draw(42, n) * 10)]! += 1;
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
