import * as fc from 'fast-check';
import { allocate } from './allocate.ts';
import { fen, MAX_FEN } from './fen.ts';

describe('dividing an amount', () => {
  it.each([
    ['PAYMENTS §3.5: 100.00 by three', fen('100.00'), [1n, 1n, 1n], ['33.34', '33.33', '33.33']],
    [
      'PAYMENTS §3.5: 1 234 567.89 by 50/30/20',
      fen('1234567.89'),
      [50n, 30n, 20n],
      ['617283.94', '370370.37', '246913.58'],
    ],
    ['DOMAIN §6: Zhongshan 54:26:16:4', fen('1000000'), [54n, 26n, 16n, 4n], ['540000', '260000', '160000', '40000']],
    ['DOMAIN §6: Deyang 3:2:5', fen('1000000'), [3n, 2n, 5n], ['300000', '200000', '500000']],
  ])('%s', (_, total, weights, expected) => expect(allocate(total, weights)).toEqual(expected.map(fen)));

  it('PAYMENTS §3.5: 200 000 001 fen by 20/40/30/10', () => {
    const parts = [40_000_000n, 80_000_001n, 60_000_000n, 20_000_000n];
    expect(allocate(200_000_001n, [20n, 40n, 30n, 10n])).toEqual(parts);
  });

  it('gives what is left over to the largest fractions, and of equal ones to the first', () => {
    expect(allocate(10n, [1n, 2n])).toEqual([3n, 7n]);
    expect(allocate(2n, [1n, 1n, 1n])).toEqual([1n, 1n, 0n]);
    expect(allocate(5n, [1n, 1n, 1n, 1n, 1n, 1n])).toEqual([1n, 1n, 1n, 1n, 1n, 0n]);
    expect(allocate(1n, [0n, 1n, 0n])).toEqual([0n, 1n, 0n]);
    expect(allocate(0n, [3n, 1n])).toEqual([0n, 0n]);
  });

  it('divides a reversal as the negation of what it reverses', () => {
    const weights = fc.array(fc.bigInt({ min: 1n, max: 1_000n }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_FEN }), weights, (total, by) => {
        expect(allocate(-total, by)).toEqual(allocate(total, by).map((part) => -part));
      }),
    );
  });

  it('adds up to the total, each part within one fen of its exact share and none below zero', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 20 });
    const cases = fc.record({ total: fc.bigInt({ min: 0n, max: MAX_FEN }), by: weights });
    fc.assert(
      fc.property(cases, ({ total, by }) => {
        const whole = by.reduce((sum, weight) => sum + weight, 0n);
        fc.pre(whole > 0n);
        const parts = allocate(total, by);
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(total);
        for (const [i, part] of parts.entries()) {
          const distance = part * whole - total * by[i]!;
          expect(distance > -whole && distance < whole && part >= 0n).toBe(true);
          expect(part === 0n || by[i]! > 0n).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives nobody less for a larger weight', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 100n }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10_000n }), weights, (total, by) => {
        fc.pre(by.some((weight) => weight > 0n));
        const parts = allocate(total, by);
        const pairs = by.flatMap((a, i) => by.flatMap((b, j) => (a > b ? [[parts[i]!, parts[j]!] as const] : [])));
        expect(pairs.every(([more, less]) => more >= less)).toBe(true);
      }),
    );
  });

  it.each([[[]], [[0n, 0n]], [[1n, -1n, 3n]]])('refuses weights %p', (weights) => {
    expect(() => allocate(100n, weights)).toThrow(RangeError);
  });
});
