import { describe, expect, it } from '@jest/globals';
import { isAbove, riseOf } from './rise.ts';

const strike = (at: number, wholeAt: number) => ({ what: 'x', at, wholeAt, answeredAfterMs: 1, answeredMeanwhile: 0 });
const heard = (sentAt: number, waitedMs: number) => ({ sentAt, intendedAt: sentAt, answeredAt: sentAt + waitedMs });

describe('the rise of what callers wait', () => {
  const recovered = [strike(10_000, 12_000), strike(20_000, 21_000)];
  const windows = [
    { from: 10_000, to: 11_500 },
    { from: 20_000, to: 20_500 },
  ];

  const allowed = (calmMs: number) => calmMs + 10;

  it('compares what was sent within the windows with what was sent between the strikes', () => {
    const calm = Array.from({ length: 100 }, (_, i) => heard(13_000 + i, i + 1));
    const struck = Array.from({ length: 50 }, (_, i) => heard(20_000 + i, 200 + i));
    const rise = riseOf({ recovered, heard: [...calm, ...struck] }, windows, allowed);
    expect(rise).toEqual({ calmMs: 99, struckMs: 249, calm: 100, struck: 50, isBeyondChance: true });
  });

  it('leaves out the warming up and the rest of a strike, and counts from when each was due', () => {
    const late = { ...heard(11_000, 5), intendedAt: 10_900 };
    const log = [heard(1000, 9999), heard(11_700, 9999), late];
    const counts = { calm: 0, struck: 1 };
    expect(riseOf({ recovered, heard: log }, windows, allowed)).toMatchObject({ calmMs: 0, struckMs: 105, ...counts });
    expect(riseOf({ recovered: [], heard: [] }, [], allowed)).toMatchObject({ calm: 0, struck: 0 });
  });

  it.each([
    [1000, 10, false],
    [1000, 19, false],
    [1000, 20, true],
    [100_000, 1094, false],
    [100_000, 1095, true],
    [0, 0, false],
  ])('of %d callers, %d above the limit are beyond chance: %s', (n, above, expected) => {
    const values = Array.from({ length: n }, (_, i) => (i < above ? 51 : 50));
    expect(isAbove(values, 50)).toBe(expected);
  });
});
