import { verdictFrom } from './verdict.ts';

const acknowledged = { quotes: 10, transfers: 5 };
const clean = { findings: [] };
const broken = { findings: [{ check: 'bid-chain', row: 'bidding.bid x 5', says: 'counts 4' }] };

describe('the verdict of a run', () => {
  it('is good when all that was acknowledged is stored, or more, and no check finds anything', () => {
    expect(verdictFrom(acknowledged, { quotes: 12, transfers: 5 }, [clean, clean])).toEqual({
      good: true,
      says: '10 quotes acknowledged, 12 stored; 5 transfers acknowledged, 5 stored; 2 checks: nothing found',
    });
  });

  it.each([
    ['a quote', { quotes: 9, transfers: 5 }],
    ['a transfer', { quotes: 10, transfers: 4 }],
  ])('is bad when %s is missing', (_, stored) => {
    expect(verdictFrom(acknowledged, stored, [clean]).good).toBe(false);
  });

  it('is bad when a check finds something, and names the first', () => {
    const { good, says } = verdictFrom(acknowledged, { quotes: 10, transfers: 5 }, [clean, broken]);
    expect(good).toBe(false);
    expect(says).toContain('1 findings, bid-chain: bidding.bid x 5: counts 4');
  });
});
