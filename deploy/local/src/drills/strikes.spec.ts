import { describe, expect, it } from '@jest/globals';
import { drawsFrom, recoveries, spreadOf, summaryOf } from './strikes.ts';

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

describe('a summary', () => {
  it('has the middle one and the worst one, and counts what was never answered', () => {
    const log = [heard(210, 250), heard(420, 520)];
    const strikes = [
      { what: 'x', at: 100, wholeAt: 200 },
      { what: 'y', at: 300, wholeAt: 400 },
      { what: 'z', at: 500, wholeAt: 530 },
    ];
    expect(summaryOf(recoveries(strikes, log))).toEqual({
      strikes: 3,
      unanswered: 1,
      brokenMs: { median: 100, worst: 100 },
      answeredAfterMs: { median: 50, worst: 120 },
      fromTheBlowMs: { median: 150, worst: 220 },
    });
  });

  it('takes the lower of two middle ones, and nothing of none', () => {
    expect(spreadOf([40, 10, 30, 20])).toEqual({ median: 20, worst: 40 });
    expect(spreadOf([])).toBeNull();
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
