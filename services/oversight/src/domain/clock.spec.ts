import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arrive, type ClockState, setOff } from './clock.ts';

const NOW = 1_796_000_000_000;
const there = { now: NOW, steppable: true };
const moving: ClockState = { id: 'main', offsetMs: 5000, movingTo: NOW + 1000, version: 3 };
const resting: ClockState = { ...moving, movingTo: null };

describe('the platform clock', () => {
  it('sets off for an instant to come, the first time as any other', () => {
    expect(setOff(undefined, NOW + 1, there)).toEqual({ id: 'main', offsetMs: 0, movingTo: NOW + 1, version: 1 });
    expect(setOff(resting, NOW + 1, there)).toEqual({ ...resting, movingTo: NOW + 1, version: 4 });
  });

  it('does not move in production, nor back, nor to two instants at once', () => {
    expect(setOff(resting, NOW + 1, { ...there, steppable: false })).toBe('clock-immovable');
    for (const to of [NOW, NOW - 1, 0]) expect(setOff(resting, to, there)).toBe('clock-behind');
    expect(setOff(moving, NOW + 5000, there)).toBe('clock-moving');
  });

  it('arrives where it was going, and keeps the larger offset', () => {
    expect(arrive(moving, NOW + 1000, 9000)).toEqual({ id: 'main', offsetMs: 9000, movingTo: null, version: 4 });
    expect(arrive(moving, NOW + 1000, 4000)).toMatchObject({ offsetMs: 5000 });
  });

  it('does not arrive where it was not going, nor twice', () => {
    expect(arrive(moving, NOW + 2000, 9000)).toBeUndefined();
    expect(arrive(resting, NOW + 1000, 9000)).toBeUndefined();
    expect(arrive(undefined, NOW + 1000, 9000)).toBeUndefined();
  });

  it('never goes back, whatever it is told', () => {
    const step = fc.record({
      by: fc.integer({ min: -1000, max: 1000 }),
      offset: fc.integer({ min: 0, max: 10_000 }),
      go: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let clock: ClockState | undefined;
        let now = NOW;
        for (const { by, offset, go } of steps) {
          const before: ClockState | undefined = clock;
          const next = go
            ? setOff(clock, now + by, { now, steppable: true })
            : arrive(clock, clock?.movingTo ?? now, offset);
          if (next === undefined || typeof next === 'string') continue;
          now = Math.max(now, before?.movingTo ?? now);
          expect(next.offsetMs).toBeGreaterThanOrEqual(before?.offsetMs ?? 0);
          expect(next.version).toBe((before?.version ?? 0) + 1);
          clock = next;
        }
      }),
    );
  });
});
