import { describe, expect, it } from '@jest/globals';
import { readDrillOptions } from './options.ts';

const read = (line: string) => readDrillOptions(line.split(' ').filter(Boolean), ['poison', 'tamper']);

describe('the options of a drill', () => {
  it('name one drill or all of them, and leave the rest to the drill', () => {
    expect(read('all --seed 7')).toEqual({ names: ['poison', 'tamper'], seed: 7, outageMs: 10_000 });
    const { names, seed, ...rest } = read('tamper');
    expect([names, Number.isSafeInteger(seed), rest]).toEqual([['tamper'], true, { outageMs: 10_000 }]);
  });

  it('say how often, over how long, under which load and for how long a broker is away', () => {
    expect(read('poison --times 200 --minutes 10 --load mixed --outage 300 --seed 0')).toEqual({
      ...{ names: ['poison'], seed: 0, times: 200, overMs: 600_000, load: 'mixed', outageMs: 300_000 },
    });
  });

  it.each([
    ['', /no such drill: \nusage: npm run drill -- all \| poison \| tamper/],
    ['poisn', /no such drill: poisn\n/],
    ['poison tamper', /no such drill: poison tamper/],
    ['poison --times 0', /--times 0: a whole number, at least 1/],
    ['poison --times 1.5', /--times 1.5/],
    ['poison --minutes x', /--minutes x: a number, at least 0/],
    ['poison --seed=', /--seed : a whole number/],
    ['poison --load soak', /--load soak: one of bids, mixed, transfers/],
    ['poison --fast', /Unknown option '--fast'/],
  ])('are refused with the usage: %s', (line, says) => expect(() => read(line)).toThrow(says));
});
