import { describe, expect, it } from '@jest/globals';
import { riseOf } from './rise.ts';

const strike = (at: number, wholeAt: number) => ({ what: 'x', at, wholeAt, answeredAfterMs: 1, answeredMeanwhile: 0 });
const heard = (sentAt: number, waitedMs: number) => ({ sentAt, intendedAt: sentAt, answeredAt: sentAt + waitedMs });

describe('the rise of what callers wait', () => {
  const recovered = [strike(10_000, 12_000), strike(20_000, 21_000)];
  const windows = [
    { from: 10_000, to: 11_500 },
    { from: 20_000, to: 20_500 },
  ];

  it('compares what was sent within the windows with what was sent between the strikes', () => {
    const calm = Array.from({ length: 100 }, (_, i) => heard(13_000 + i, i + 1));
    const struck = Array.from({ length: 50 }, (_, i) => heard(20_000 + i, 200 + i));
    const rise = riseOf({ recovered, heard: [...calm, ...struck] }, windows);
    expect(rise).toEqual({ calmMs: 99, struckMs: 249, calm: 100, struck: 50 });
  });

  it('leaves out the warming up and the rest of a strike, and counts from when each was due', () => {
    const late = { ...heard(11_000, 5), intendedAt: 10_900 };
    const log = [heard(1000, 9999), heard(11_700, 9999), late];
    expect(riseOf({ recovered, heard: log }, windows)).toEqual({ calmMs: 0, struckMs: 105, calm: 0, struck: 1 });
    expect(riseOf({ recovered: [], heard: [] }, [])).toMatchObject({ calm: 0, struck: 0 });
  });
});
