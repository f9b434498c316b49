import { describe, expect, it } from '@jest/globals';
import { reachOf } from './kafka-settings.ts';

describe('the address of a broker', () => {
  it.each([
    [['kafka:9092'], { places: ['kafka:9092'] }],
    [['a:1', 'b:2'], { places: ['a:1', 'b:2'] }],
    [
      ['escrow:pass%40word@a:1', 'escrow:pass%40word@b:2'],
      { places: ['a:1', 'b:2'], user: { username: 'escrow', password: 'pass@word' } },
    ],
  ])('%j', (brokers, reach) => expect(reachOf(brokers)).toEqual(reach));
});
