import { MAX_FEN } from '@yuzhi/money/fen';
import {
  type CourtRule,
  firstBounds,
  freeBounds,
  publicTerms,
  refusalOfTerms,
  secondBounds,
  type Terms,
} from './terms.ts';

const yuan = (amount: number) => BigInt(amount) * 100n;
const NOW = 1_000;
const terms: Terms = {
  currency: 'CNY',
  startPriceFen: yuan(100),
  reserveFen: yuan(130),
  incrementFen: yuan(10),
  depositFen: yuan(20),
  rulesVersion: '2026.1',
  rulebookVersion: '2026.1',
  admissionEndsAt: 3_000,
  freeStartsAt: 2_000,
  freeEndsAt: 4_000,
  cycleMs: 300_000,
  unansweredMs: 86_400_000,
};
const refusal = (changes: Partial<Terms>) => refusalOfTerms({ ...terms, ...changes }, null, NOW);

describe('the terms of an online bidding', () => {
  it('are accepted when they fit together', () => {
    expect(refusal({})).toBeNull();
    expect(refusal({ reserveFen: null, depositFen: 0n })).toBeNull();
    expect(refusal({ startPriceFen: MAX_FEN, reserveFen: MAX_FEN, incrementFen: 1n, cycleMs: 1 })).toBeNull();
  });

  it('may begin at once and admit bidders until the free period ends', () => {
    expect(refusal({ freeStartsAt: NOW, admissionEndsAt: terms.freeEndsAt })).toBeNull();
  });

  it.each<[string, Partial<Terms>, string]>([
    ['a reserve below the start price', { reserveFen: yuan(100) - 1n }, 'reserve-out-of-bounds'],
    ['a reserve nobody can pay', { reserveFen: MAX_FEN + 1n }, 'reserve-out-of-bounds'],
    ['a negative deposit', { depositFen: -1n }, 'deposit-out-of-bounds'],
    ['a deposit nobody can pay', { depositFen: MAX_FEN + 1n }, 'deposit-out-of-bounds'],
    ['a free period that ends as it starts', { freeEndsAt: 2_000, admissionEndsAt: 2_000 }, 'periods-out-of-order'],
    ['a start in the past', { freeStartsAt: NOW - 1 }, 'periods-out-of-order'],
    ['admission that is already over', { admissionEndsAt: NOW }, 'periods-out-of-order'],
    ['admission into the timed period', { admissionEndsAt: 4_001 }, 'periods-out-of-order'],
    ['an instant that is no whole millisecond', { freeEndsAt: 4_000.5 }, 'periods-out-of-order'],
  ])('are refused with %s', (_, changes, expected) => {
    expect(refusal(changes)).toBe(expected);
  });

  it.each<[string, Partial<Terms>]>([
    ['a start price of nothing', { startPriceFen: 0n }],
    ['a negative start price', { startPriceFen: -1n }],
    ['a start price nobody can pay', { startPriceFen: MAX_FEN + 1n, reserveFen: null }],
    ['no increment', { incrementFen: 0n }],
    ['no cycle', { cycleMs: 0 }],
    ['half a millisecond of cycle', { cycleMs: 1.5 }],
    ['a cycle longer than a day', { cycleMs: 86_400_001 }],
  ])('never have %s: no listing can propose it', (_, changes) => {
    expect(() => refusal(changes)).toThrow(RangeError);
  });

  it('name the first violated rule when several are', () => {
    expect(refusal({ reserveFen: 1n, depositFen: -1n, freeEndsAt: 1 })).toBe('reserve-out-of-bounds');
    expect(refusal({ depositFen: -1n, freeEndsAt: 1 })).toBe('deposit-out-of-bounds');
  });

  it('show a bidder that there is a reserve, never which', () => {
    expect(publicTerms(terms)).toMatchObject({ reserved: true, startPriceFen: yuan(100) });
    expect(publicTerms(terms)).not.toHaveProperty('reserveFen');
    expect(publicTerms({ ...terms, reserveFen: null }).reserved).toBe(false);
  });
});

describe('row "Court-rule bounds, appraisal 1,000,000"', () => {
  const rule: CourtRule = { minStartBps: 7_000, minDepositBps: 500, maxDepositBps: 2_000, maxRestartCutBps: 2_000 };
  const court = firstBounds(yuan(1_000_000), yuan(700_000), rule);
  const judicial = { ...terms, reserveFen: null, startPriceFen: yuan(700_000), depositFen: yuan(35_000) };

  it('asks a start of at least 700,000 and a deposit of 35,000 to 140,000', () => {
    expect(court).toEqual({
      minStartFen: yuan(700_000),
      minDepositFen: yuan(35_000),
      maxDepositFen: yuan(140_000),
    });
  });

  it('asks a second start of at least 560,000', () => {
    expect(secondBounds(yuan(700_000), yuan(560_000), rule).minStartFen).toBe(yuan(560_000));
  });

  it('takes the deposit of the second bidding from its own start price', () => {
    expect(secondBounds(yuan(700_000), yuan(560_000), rule)).toMatchObject({
      minDepositFen: yuan(28_000),
      maxDepositFen: yuan(112_000),
    });
  });

  it('lets terms stand on the bounds and refuses them one fen outside', () => {
    expect(refusalOfTerms(judicial, court, NOW)).toBeNull();
    expect(refusalOfTerms({ ...judicial, depositFen: yuan(140_000) }, court, NOW)).toBeNull();
    for (const depositFen of [yuan(35_000) - 1n, yuan(140_000) + 1n]) {
      expect(refusalOfTerms({ ...judicial, depositFen }, court, NOW)).toBe('deposit-out-of-bounds');
    }
    const cheaper = { ...judicial, startPriceFen: yuan(700_000) - 1n };
    expect(refusalOfTerms(cheaper, court, NOW)).toBe('start-price-out-of-bounds');
  });

  it('rounds a bound to the side that keeps the rule', () => {
    expect(firstBounds(101n, 71n, rule)).toEqual({ minStartFen: 71n, minDepositFen: 4n, maxDepositFen: 14n });
  });

  it('leaves a seller free in his start price and takes the same shares of it', () => {
    expect(freeBounds(yuan(700_000), rule)).toEqual({
      minStartFen: 1n,
      minDepositFen: yuan(35_000),
      maxDepositFen: yuan(140_000),
    });
  });
});
