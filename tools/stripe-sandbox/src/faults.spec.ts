import { describe, expect, it } from '@jest/globals';
import { Faults, faultSpec } from './faults.ts';

const armed = (...specs: object[]): Faults => {
  const faults = new Faults();
  for (const spec of specs) faults.arm(faultSpec.parse(spec));
  return faults;
};
const strikes = (faults: Faults, name: string, calls: number) =>
  Array.from({ length: calls }, () => faults.next(name) ?? '-');

describe('a fault', () => {
  it('meets the next call, or the next so many', () => {
    expect(strikes(armed({ mode: 'hang' }), 'refunds.create', 2)).toEqual(['hang', '-']);
    const faults = armed({ mode: 'timeout', operation: 'refunds.create', count: 2 });
    expect(strikes(faults, 'refunds.create', 3)).toEqual(['timeout', 'timeout', '-']);
    expect(faults.sums).toEqual({ calls: 3, struck: { timeout: 2 } });
  });

  it('meets only the operation it is set on, by its name or its beginning', () => {
    const faults = armed({ mode: 'hang', operation: 'payouts.create' }, { mode: 'cut-body', operation: 'transfers.*' });
    expect([faults.next('payouts.list'), faults.next('refunds.create')]).toEqual([undefined, undefined]);
    expect([faults.next('transfers.list'), faults.next('payouts.create')]).toEqual(['cut-body', 'hang']);
  });

  it('with a probability falls the same way for the same seed, and about as often as it says', () => {
    const spec = { mode: 'timeout', probability: 0.2, seed: 7 };
    const first = strikes(armed(spec), 'refunds.create', 5_000);
    expect(strikes(armed(spec), 'refunds.create', 5_000)).toEqual(first);
    expect(strikes(armed({ ...spec, seed: 8 }), 'refunds.create', 5_000)).not.toEqual(first);
    const share = first.filter((mode) => mode === 'timeout').length / first.length;
    expect(share).toBeGreaterThan(0.17);
    expect(share).toBeLessThan(0.23);
  });

  it('is cleared with all others', () => {
    const faults = armed({ mode: 'hang', count: 9 });
    faults.clear();
    expect(faults.next('refunds.create')).toBeUndefined();
  });

  it('has a number of strikes or a probability, not both', () => {
    expect(faultSpec.safeParse({ mode: 'hang', count: 1, probability: 0.5 }).success).toBe(false);
  });
});
