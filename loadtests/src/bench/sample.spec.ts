import { ROLES, type Role, type Used } from './cpu.ts';
import { assertUsable, type Outcome, sampleOf, Unusable } from './sample.ts';
import { outcomeOf } from './outcome.ts';

const named = { variant: 'ours-many', round: 1, at: 0 };
const spent = (roles: Partial<Record<Role, number>>, outside = 0): Used => ({
  ...{ seconds: 2, softirq: 0, busy: 0.5, outside },
  roles: { ...(Object.fromEntries(ROLES.map((role) => [role, 0])) as Record<Role, number>), ...roles },
});
const outcome: Outcome = { operations: 900, attempts: 1000, others: { '422 bid-below-next-valid': 100 }, seconds: 2 };

describe('a sample', () => {
  it('costs what its servers used, for each operation that counts', () => {
    const { perSecond, acceptedShare, cpuUs, serverUs } = sampleOf(
      named,
      outcome,
      spent({ gateway: 9e6, broker: 1.8e6, generator: 90e6, others: 9e6 }),
    );
    expect({ perSecond, acceptedShare }).toEqual({ perSecond: 450, acceptedShare: 0.9 });
    expect([cpuUs.gateway, cpuUs.broker, cpuUs.generator, serverUs]).toEqual([10, 2, 100, 12]);
  });

  it('costs no more for a warm-up whose operations do not count', () => {
    const warmed = sampleOf(named, { ...outcome, operationsInAll: 1800 }, spent({ gateway: 9e6 }));
    expect([warmed.perSecond, warmed.cpuUs.gateway]).toEqual([450, 5]);
  });

  it('is refused when too little was accepted, with what was answered instead, even if it is rough', () => {
    const poor = sampleOf(named, { ...outcome, operations: 899 }, spent({}));
    expect(() => assertUsable(poor, { rough: true })).toThrow(/89.9 % accepted, 90.0 % needed.*bid-below-next-valid/);
    expect(() => assertUsable(sampleOf(named, outcome, spent({})), { rough: false })).not.toThrow();
  });

  it('may be mostly turned away only where that is what is measured', () => {
    const shed = sampleOf(named, { ...outcome, operations: 300 }, spent({}));
    expect(() => assertUsable(shed, { rough: false })).toThrow(Unusable);
    expect(() => assertUsable(shed, { rough: false, mayShed: true })).not.toThrow();
  });

  it('is refused when nothing was done at all', () => {
    const nothing = { operations: 0, attempts: 0, others: {}, seconds: 1 };
    expect(() => assertUsable(sampleOf(named, nothing, spent({})), { rough: true })).toThrow(Unusable);
  });

  it('is refused on a busy machine, unless it is rough', () => {
    const busy = sampleOf(named, outcome, spent({}, 0.11));
    expect(() => assertUsable(busy, { rough: false })).toThrow(/machine busy: 11.0 %/);
    expect(() => assertUsable(busy, { rough: true })).not.toThrow();
  });

  it('counts a quote that was refused for another one only where locks are taken in no order', () => {
    const others = { '422 bid-below-next-valid': 20, '409 bidder-already-leading': 5, '503 log-unavailable': 3 };
    const loaded = { sent: 130, answered: 128, accepted: 100, others, unanswered: 2, seconds: 1, latencyMs: [] };
    expect(outcomeOf(loaded)).toMatchObject({ operations: 100, attempts: 130, others: { ...others, unanswered: 2 } });
    expect(outcomeOf(loaded, 'decided').operations).toBe(125);
  });
});
