import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Calendar, DealDays } from './calendar.ts';

const HOUR_MS = 3_600_000;
const NOBODY = { now: async () => 0, advanceTo: async () => {} };
const calendar = (...days: DealDays[]) => {
  const made = new Calendar(NOBODY);
  for (const one of days) made.note(one);
  return made;
};

describe('the calendar of many deals', () => {
  it('goes to the first instant that somebody waits for', () => {
    const made = calendar({ deal: 'a', waitsUntil: 300 + HOUR_MS + 1 }, { deal: 'b', waitsUntil: 300 });
    expect(made.next(100)).toBe(300);
  });

  it('takes those that follow within the hour along, unless somebody must be done before', () => {
    const made = calendar(
      { deal: 'a', waitsUntil: 500 },
      { deal: 'b', waitsUntil: 300 },
      { deal: 'c', waitsUntil: 400 },
    );
    expect(made.next(100)).toBe(500);
    made.note({ deal: 'a', actsBefore: 450 });
    expect(made.next(100)).toBe(400);
  });

  it('stands while a deal acts that must be done before', () => {
    const made = calendar({ deal: 'a', waitsUntil: 500 }, { deal: 'b', actsBefore: 400 });
    expect(made.next(100)).toBeUndefined();
    made.note({ deal: 'b', actsBefore: 600 });
    expect(made.next(100)).toBe(500);
    made.note({ deal: 'b', actsBefore: 200 });
    made.note({ deal: 'b', isOver: true });
    expect(made.next(100)).toBe(500);
  });

  it('stands until whoever waited for an instant that has come has noticed', () => {
    const made = calendar({ deal: 'a', waitsUntil: 100 }, { deal: 'b', waitsUntil: 500 });
    expect(made.next(100)).toBeUndefined();
    made.note({ deal: 'a', actsBefore: 900 });
    expect(made.next(100)).toBe(500);
  });

  it('stands when nobody waits', () => {
    expect(calendar().next(100)).toBeUndefined();
    expect(calendar({ deal: 'a', actsBefore: 900 }).next(100)).toBeUndefined();
  });

  it('never passes what somebody must be done before, and always goes on when all wait', () => {
    const days = fc.array(fc.record({ acts: fc.boolean(), at: fc.integer({ min: 1, max: 5 * HOUR_MS }) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(days, (all) => {
        const said = all.map(({ acts, at }, i) => ({
          deal: String(i),
          ...(acts ? { actsBefore: at } : { waitsUntil: at }),
        }));
        const to = calendar(...said).next(0);
        const waits = all.filter(({ acts }) => !acts);
        expect(all.every(({ acts, at }) => !acts || (to ?? 0) <= at)).toBe(true);
        const first = Math.min(...waits.map(({ at }) => at));
        const goesOn = to !== undefined && to >= first && to <= first + HOUR_MS;
        expect(waits.length < all.length || goesOn).toBe(true);
      }),
    );
  });

  it('steps the clock, and tells everybody when it cannot', async () => {
    const steps: number[] = [];
    const clock = {
      now: async () => steps.at(-1) ?? 0,
      advanceTo: async (to: number) => {
        if (to > 20) throw new Error('the clock is immovable');
        steps.push(to);
      },
    };
    const made = new Calendar(clock);
    made.note({ deal: 'a', waitsUntil: 10 });
    made.start();
    await made.reached(10);
    made.note({ deal: 'a', waitsUntil: 30 });
    await expect(made.reached(30)).rejects.toThrow('the clock is immovable');
    expect(() => made.note({ deal: 'b', isOver: true })).toThrow('the clock is immovable');
    expect(steps).toEqual([10]);
    made.stop();
  });

  it('lets whoever begins to act wait for the end of a step that is under way', async () => {
    const under = Promise.withResolvers<void>();
    let begun = false;
    const advanceTo = () => {
      begun = true;
      return under.promise;
    };
    const made = new Calendar({ now: async () => 0, advanceTo });
    await made.still();
    made.note({ deal: 'a', waitsUntil: 10 });
    made.start();
    while (!begun) await new Promise((go) => setTimeout(go, 5));
    let isStill = false;
    const still = made.still().then(() => (isStill = true));
    await new Promise((go) => setTimeout(go, 20));
    expect(isStill).toBe(false);
    under.resolve();
    await still;
    made.stop();
  });

  it('takes exactly one word of a deal', () => {
    expect(DealDays.safeParse({ deal: 'a' }).success).toBe(false);
    expect(DealDays.safeParse({ deal: 'a', waitsUntil: 1, actsBefore: 2 }).success).toBe(false);
    expect(DealDays.safeParse({ deal: 'a', isOver: true }).success).toBe(true);
  });
});
