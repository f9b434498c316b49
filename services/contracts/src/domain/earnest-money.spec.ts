import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { earnestMoney } from './earnest-money.ts';

const CAP_BPS = 2_000;
const yuan = (amount: number) => BigInt(amount) * 100n;

describe('earnest money', () => {
  it('splits the published case: contract 500,000, agreed 150,000', () => {
    expect(earnestMoney(yuan(500_000), yuan(150_000), CAP_BPS)).toEqual({
      earnestFen: yuan(100_000),
      prepaymentFen: yuan(50_000),
      buyerBreachFen: yuan(-100_000),
      sellerBreachFen: yuan(200_000),
    });
  });

  it('leaves no prepayment where the cap is met exactly, and one fen where it is passed by one', () => {
    expect(earnestMoney(yuan(500_000), yuan(100_000), CAP_BPS).prepaymentFen).toBe(0n);
    expect(earnestMoney(yuan(500_000), yuan(100_000) + 1n, CAP_BPS).prepaymentFen).toBe(1n);
  });

  it('never gives the effect of earnest money to more than the cap of the price, nor to less than it could', () => {
    const amounts = fc
      .bigInt(1n, 9_000_000_000_000_000n)
      .chain((price) => fc.tuple(fc.constant(price), fc.bigInt(1n, price)));
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 10_000 }), ([price, agreed], capBps) => {
        const { earnestFen, prepaymentFen, buyerBreachFen, sellerBreachFen } = earnestMoney(price, agreed, capBps);
        expect(earnestFen + prepaymentFen).toBe(agreed);
        expect(earnestFen * 10_000n <= price * BigInt(capBps)).toBe(true);
        expect(prepaymentFen === 0n || (earnestFen + 1n) * 10_000n > price * BigInt(capBps)).toBe(true);
        expect([buyerBreachFen, sellerBreachFen]).toEqual([-earnestFen, earnestFen + earnestFen]);
      }),
    );
  });

  it.each([0n, -1n, 101n])('refuses an agreed amount of %s on a price of 100 fen', (agreed) => {
    expect(() => earnestMoney(100n, agreed, CAP_BPS)).toThrow(RangeError);
  });
});
