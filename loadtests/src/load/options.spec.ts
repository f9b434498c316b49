import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.ts';

describe('the options of a load run', () => {
  it('are those of the scenario', () => {
    const { seed, ...known } = readOptions(['soak']);
    expect(known).toEqual({
      ...{ scenario: 'soak', file: 'mixed', rate: 20, durationS: 1800, lots: 40, bidders: 8 },
      ...{ judgesLatency: true, quiet: false, isConfirmed: false },
    });
    expect(Number.isInteger(seed)).toBe(true);
  });

  it('are what the caller says instead', () => {
    const args = ['bids', '--rate', '7.5', '--duration', '10', '--lots', '3', '--bidders', '4', '--seed', '9'];
    expect(readOptions([...args, '--no-latency', '--quiet', '--yes-i-own-it'])).toEqual({
      ...{ scenario: 'bids', file: 'bids', rate: 7.5, durationS: 10, lots: 3, bidders: 4, seed: 9 },
      ...{ judgesLatency: false, quiet: true, isConfirmed: true },
    });
  });

  it.each([
    [['nothing'], /no such scenario: nothing/],
    [[], /no such scenario/],
    [['toString'], /no such scenario/],
    [['bids', 'mixed'], /no such scenario: bids mixed/],
    [['bids', '--rate', 'many'], /--rate many: from/],
    [['bids', '--bidders', '2'], /--bidders 2: from 3/],
    [['bids', '--fast'], /--fast/],
  ])('are refused with the usage: %j', (args, says) => {
    expect(() => readOptions(args)).toThrow(says);
    expect(() => readOptions(args)).toThrow(/usage: npm run load -- bids\|transfers\|mixed\|spike\|soak\|breakpoint/);
  });
});
