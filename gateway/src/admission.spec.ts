import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Admission, type AdmissionLimits } from './admission.ts';

const LIMITS = { partyRate: 10, partyBurst: 5, waitingMax: 3, aggregateMax: 2, shedAfterMs: 1000 };
const door = (limits: Partial<AdmissionLimits> = {}) => new Admission({ ...LIMITS, ...limits });
const code = (attempt: () => void): string => {
  try {
    attempt();
    return 'in';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a party', () => {
  it('never gets more through than its burst and its rate since, and never less than it may', () => {
    const sends = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(sends, (pauses) => {
        const admission = door();
        let [now, tokens] = [0, LIMITS.partyBurst];
        for (const pause of pauses) {
          now += pause;
          tokens = Math.min(LIMITS.partyBurst, tokens + (pause * LIMITS.partyRate) / 1000);
          const may = tokens >= 1 - 1e-9;
          const tight = Math.abs(tokens - 1) < 1e-9;
          const said = code(() => admission.admit('a', now));
          expect(tight ? 'either' : said).toBe(tight ? 'either' : may ? 'in' : 'too-many-requests');
          if (said === 'in') tokens -= 1;
        }
      }),
    );
  });

  it('that floods the door leaves the others their own measure', () => {
    const admission = door();
    const flood = Array.from({ length: 100 }, () => code(() => admission.admit('greedy', 0)));
    expect(flood.filter((said) => said === 'in')).toHaveLength(5);
    expect(code(() => admission.admit('modest', 0))).toBe('in');
  });

  it('is told after how many seconds the next one will be taken', () => {
    const admission = door({ partyRate: 0.25, partyBurst: 1 });
    admission.admit('a', 0);
    expect(() => admission.admit('a', 0)).toThrow(
      expect.objectContaining({ code: 'too-many-requests', more: { retryAfter: 4 } }),
    );
    expect(code(() => admission.admit('a', 4000))).toBe('in');
  });

  it('does not become fresh because ten thousand others came by', () => {
    const admission = door({ partyRate: 0.001 });
    const ask = () => code(() => admission.admit('a', 0));
    for (let i = 0; i < 5; i++) ask();
    for (let i = 0; i < 10_000; i++) admission.admit(`p${i}`, 0);
    expect(ask()).toBe('too-many-requests');
  });
});

describe('a line', () => {
  it('takes so many for one aggregate and so many in all, and more when some have left', () => {
    const admission = door();
    const enter = (lot: string) => code(() => admission.enter('bidding', lot));
    expect([enter('a'), enter('a'), enter('a'), enter('b'), enter('c')]).toEqual([
      'in',
      'in',
      'too-many-requests',
      'in',
      'overloaded',
    ]);
    expect(admission.waitingFor('bidding')).toBe(3);
    expect(admission.isClosed('bidding', 0)).toBe(true);
    expect(admission.isClosed('escrow', 0)).toBe(false);
    admission.leave('bidding', 'a');
    expect(enter('a')).toBe('in');
  });

  const long = (waiting: number) => {
    const admission = door({ waitingMax: 1000, aggregateMax: 1000, partyBurst: 1000, shedAfterMs: 100 });
    for (let i = 0; i < waiting; i++) admission.enter('bidding', 'a', 0);
    return admission;
  };
  /** Two answers a ms, from 1 to 200 ms. */
  const answer = (admission: Admission) => {
    for (let i = 2; i <= 401; i++) admission.answered('bidding', Math.floor(i / 2));
  };
  const closed = (admission: Admission, now: number) => admission.isClosed('bidding', now);

  it('takes only as many as are answered in the time that waiting may take', () => {
    const admission = long(300);
    expect(closed(admission, 199)).toBe(false);
    answer(admission);
    expect(closed(admission, 201)).toBe(true);
    for (let i = 0; i < 100; i++) admission.leave('bidding', 'a');
    expect(closed(admission, 201)).toBe(true);
    admission.leave('bidding', 'a');
    expect(closed(admission, 201)).toBe(false);
  });

  it('of an owner that is away takes whoever comes, for the log has room', () => {
    const admission = long(300);
    answer(admission);
    expect(closed(admission, 700)).toBe(true);
    expect(closed(admission, 701)).toBe(false);
  });

  it('that was short meanwhile is counted anew', () => {
    const admission = long(300);
    answer(admission);
    for (let i = 0; i < 237; i++) admission.leave('bidding', 'a');
    for (let i = 0; i < 237; i++) admission.enter('bidding', 'a', 202);
    expect(closed(admission, 203)).toBe(false);
  });
});
