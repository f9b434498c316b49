import { describe, expect, it } from '@jest/globals';
import { drawsFrom, recoveries } from './strikes.ts';

const heard = (sentAt: number, answeredAt: number) => ({ sentAt, answeredAt });

describe('a recovery', () => {
  it('is the first answer to what was sent when everything was whole again', () => {
    const log = [heard(90, 95), heard(100, 260), heard(150, 240), heard(210, 300), heard(205, 320)];
    expect(recoveries([{ what: 'x', at: 100, wholeAt: 200 }], log)).toEqual([
      { what: 'x', at: 100, wholeAt: 200, answeredAfterMs: 100, answeredMeanwhile: 0 },
    ]);
  });

  it('is none when nothing was answered any more; answers meanwhile are counted', () => {
    const [one] = recoveries([{ what: 'x', at: 100, wholeAt: 200 }], [heard(90, 150), heard(160, 199)]);
    expect(one).toMatchObject({ answeredAfterMs: null, answeredMeanwhile: 2 });
  });
});

describe('draws', () => {
  it('are the same for the same seed, below n, and of every kind', () => {
    const draw = (seed: number) =>
      Array.from(
        { length: 200 },
        (
          (one) => () =>
            one(8)
        )(drawsFrom(seed)),
      );
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(new Set(draw(7))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  });
});
