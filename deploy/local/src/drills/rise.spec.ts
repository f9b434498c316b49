import { describe, expect, it } from '@jest/globals';
import { riseOf } from './rise.ts';

const strike = (at: number, wholeAt: number) => ({ what: 'x', at, wholeAt, answeredAfterMs: 1, answeredMeanwhile: 0 });
const heard = (sentAt: number, waitedMs: number) => ({ sentAt, intendedAt: sentAt, answeredAt: sentAt + waitedMs });

describe('the rise of what callers wait', () => {
  const recovered = [strike(10_000, 12_000), strike(20_000, 21_000)];

  it('compares what was sent during strikes with what was sent between and around them', () => {
    const calm = Array.from({ length: 100 }, (_, i) => heard(13_000 + i, i + 1));
    const struck = Array.from({ length: 50 }, (_, i) => heard(20_000 + i, 200 + i));
    expect(riseOf({ recovered, heard: [...calm, ...struck] })).toEqual({
      calmMs: 99,
      struckMs: 249,
      calm: 100,
      struck: 50,
    });
  });

  it('leaves out the warming up, counts from when each was due, and is nothing of nothing', () => {
    const late = { ...heard(11_000, 5), intendedAt: 10_900 };
    expect(riseOf({ recovered, heard: [heard(1000, 9999), late] })).toEqual({
      calmMs: 0,
      struckMs: 105,
      calm: 0,
      struck: 1,
    });
    expect(riseOf({ recovered: [], heard: [] })).toMatchObject({ calm: 0, struck: 0 });
  });
});
