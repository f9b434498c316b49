import { describe, expect, it } from '@jest/globals';
import type { Lease } from '@yuzhi/database/journal';
import * as fc from 'fast-check';
import { readClocks } from './clocks.ts';
import { clockRecord, type Leased } from './judge.ts';

const lease = (partition: number, more: Partial<Lease> = {}): Lease => ({
  topic: 't',
  partition,
  epoch: 1n,
  next: 0n,
  lastNow: 0,
  clockOffsetMs: 0,
  ...more,
});
const record = (of: Lease, offset: bigint, appended: number, value = '{}'): Leased => ({
  lease: of,
  partition: of.partition,
  offset,
  key: 'k',
  value,
  appended,
});
const times = (taken: Leased[], steppable = true) => {
  const { nowOf } = readClocks(taken, steppable);
  return taken.map((t) => nowOf.get(t));
};

describe('the clock of a partition', () => {
  it('is the time of the log, each partition for itself', () => {
    const [a, b] = [lease(0), lease(1)];
    const taken = [record(a, 0n, 100), record(b, 7n, 50), record(a, 1n, 200)];
    expect(times(taken)).toEqual([100, 50, 200]);
    expect(readClocks(taken, true).steps).toEqual([
      { lease: a, next: 2n, lastNow: 200, clockOffsetMs: 0 },
      { lease: b, next: 8n, lastNow: 50, clockOffsetMs: 0 },
    ]);
  });

  it('stands still while the broker’s goes back, from one commit to the next too', () => {
    expect(times([record(lease(0, { lastNow: 500 }), 0n, 400)])).toEqual([500]);
    const of = lease(0);
    expect(times([record(of, 0n, 300), record(of, 1n, 200), record(of, 2n, 301)])).toEqual([300, 300, 301]);
  });

  it('is moved by a control record from there on, and never back', () => {
    const of = lease(0, { clockOffsetMs: 10 });
    const taken = [
      record(of, 0n, 100),
      record(of, 1n, 101, clockRecord(5_000)),
      record(of, 2n, 102),
      record(of, 3n, 103, clockRecord(1_000)),
      record(of, 4n, 104),
    ];
    expect(times(taken)).toEqual([110, 5_101, 5_102, 5_103, 5_104]);
    expect(readClocks(taken, true).steps[0]).toMatchObject({ next: 5n, lastNow: 5_104, clockOffsetMs: 5_000 });
  });

  it('is moved by nothing where it is not to be moved', () => {
    const of = lease(0);
    expect(times([record(of, 0n, 100, clockRecord(5_000)), record(of, 1n, 101)], false)).toEqual([100, 101]);
  });

  it.each([
    '{"type":"platform.clock.v1"',
    '{"type":"platform.clock.v1","offsetMs":-1}',
    '{"type":"platform.clock.v1","offsetMs":"9"}',
  ])('is moved by nothing that only looks like a control record: %s', (value) =>
    expect(times([record(lease(0), 0n, 100, value)])).toEqual([100]),
  );

  it('never goes back, whatever the log says and however it is cut into commits', () => {
    const records = fc.array(fc.record({ appended: fc.nat(10_000), jump: fc.option(fc.nat(5_000)) }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(records, fc.nat(29), (all, cut) => {
        const read = (of: Lease, from: number, to: number) => {
          const taken = all.slice(from, to).map(({ appended, jump }, i) => {
            return record(of, BigInt(from + i), appended, jump === null ? '{}' : clockRecord(jump));
          });
          return { times: times(taken), steps: readClocks(taken, true).steps };
        };
        const whole = read(lease(0), 0, all.length).times;
        const first = read(lease(0), 0, Math.min(cut, all.length));
        const next = first.steps[0] ?? lease(0);
        const second = read(lease(0, { lastNow: next.lastNow, clockOffsetMs: next.clockOffsetMs }), cut, all.length);
        expect([...first.times, ...second.times]).toEqual(whole);
        expect(whole).toEqual(whole.toSorted((a, b) => a! - b!));
      }),
    );
  });
});
