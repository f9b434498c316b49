import { describe, expect, it } from '@jest/globals';
import { Busiest } from './busiest.ts';

describe('the busiest channels', () => {
  it('are those with most items, and of equals the first by name', () => {
    const busiest = new Busiest();
    for (const [channel, items] of [
      ['c', 2],
      ['a', 1],
      ['b', 2],
      ['a', 4],
    ] as const)
      busiest.add(channel, items, 0);
    expect(busiest.top(2, 0)).toEqual([
      { channel: 'a', items: 5 },
      { channel: 'b', items: 2 },
    ]);
  });

  it('are those of the last minute', () => {
    const busiest = new Busiest();
    for (let second = 0; second < 120; second++) busiest.add('a', 1, second * 1000);
    busiest.add('b', 3, 119_000);
    expect(busiest.top(5, 119_000)).toEqual([
      { channel: 'a', items: 60 },
      { channel: 'b', items: 3 },
    ]);
    expect(busiest.top(5, 200_000)).toEqual([]);
  });

  it('are none before anything happened', () => {
    expect(new Busiest().top(5, 0)).toEqual([]);
  });
});
