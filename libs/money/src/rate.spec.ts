import * as fc from 'fast-check';
import { fen } from './fen.ts';
import { bps, divide, multiply, rate, ratio, type Rounding, share } from './rate.ts';

describe('a rate', () => {
  it('is the same however it is written', () => {
    expect(share(fen('1000'), rate('7%'))).toBe(fen('70'));
    expect(share(fen('1000'), rate('0.07'))).toBe(fen('70'));
    expect(share(fen('1000'), bps(700))).toBe(fen('70'));
    expect(share(fen('1000'), 700)).toBe(fen('70'));
    expect(share(fen('1000'), ratio(7n, 100n))).toBe(fen('70'));
    expect(rate('9.4822%')).toEqual(ratio(94_822n, 1_000_000n));
  });

  it.each(['', '%', '.5', '5.', '-1', '1e2', '1,5', '７', '1 %', `1.${'0'.repeat(21)}`])('is not %j', (text) => {
    expect(() => rate(text)).toThrow(RangeError);
  });

  it('is never negative, and has no part of a basis point', () => {
    expect(() => ratio(-1n, 1n)).toThrow(RangeError);
    expect(() => ratio(1n, 0n)).toThrow(RangeError);
    expect(() => ratio(1n, -1n)).toThrow(RangeError);
    for (const points of [-1, 0.5, NaN, Infinity, 2 ** 53]) expect(() => bps(points)).toThrow(RangeError);
    expect(() => share(1n, 0.5)).toThrow(RangeError);
  });
});

describe('a share', () => {
  it.each([
    ['DOMAIN §6: buyer premium 10 % of 55,000', '55000', '10%', '5500'],
    ['DOMAIN §6: seller commission 15 % of 55,000', '55000', '15%', '8250'],
    ['DOMAIN §6: open licence, 15 % off an annuity of 4,000', '4000', '15%', '600'],
    ['DOMAIN §6: court rule, deposit at least 5 % of 700,000', '700000', '5%', '35000'],
    ['half a fen, away from zero', '0.05', '10%', '0.01'],
    ['a little less than half', '0.04', '10%', '0'],
  ])('%s', (_, amount, at, expected) => expect(share(fen(amount), rate(at))).toBe(fen(expected)));

  it('is rounded once, where it is taken', () => {
    const compound = multiply(rate('0.5'), rate('0.5'));
    expect(share(2n, compound)).toBe(1n);
    expect(share(share(1n, rate('0.5')), rate('0.5'))).toBe(1n);
    expect(share(1n, compound)).toBe(0n);
  });

  it('DOMAIN §6: cost method, 500,000 × 0.9 × 0.8 × 0.95 is 342,000', () => {
    const factors = ['0.9', '0.8', '0.95'].map(rate);
    expect(share(fen('500000'), factors.reduce(multiply))).toBe(fen('342000'));
  });

  it.each<[Rounding, bigint[]]>([
    ['half-up', [0n, 1n, 1n, 1n, 2n]],
    ['down', [0n, 0n, 0n, 1n, 1n]],
    ['up', [1n, 1n, 1n, 1n, 2n]],
  ])('rounded %s by magnitude', (rounding, expected) => {
    const dividends = [1n, 2n, 3n, 4n, 6n];
    expect(dividends.map((n) => divide(n, 4n, rounding))).toEqual(expected);
    expect(dividends.map((n) => divide(-n, 4n, rounding))).toEqual(expected.map((n) => -n));
  });

  it('is never further from the exact share than its rounding allows', () => {
    const cases = fc.record({
      amount: fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }),
      denominator: fc.bigInt({ min: 1n, max: 10n ** 9n }),
      numerator: fc.bigInt({ min: 0n, max: 10n ** 9n }),
    });
    fc.assert(
      fc.property(cases, ({ amount, denominator, numerator }) => {
        const exact = amount * numerator;
        const off = (rounding: Rounding) => {
          const distance = share(amount, ratio(numerator, denominator), rounding) * denominator - exact;
          return exact < 0n ? -distance : distance;
        };
        expect(off('half-up') * 2n <= denominator && off('half-up') * 2n > -denominator).toBe(true);
        expect(off('down') <= 0n && off('down') > -denominator).toBe(true);
        expect(off('up') >= 0n && off('up') < denominator).toBe(true);
      }),
    );
  });
});
