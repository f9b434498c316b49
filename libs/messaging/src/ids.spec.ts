import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { z } from 'zod';
import { derivedId, inputHash, uuidv7 } from './ids.ts';

describe('a new id', () => {
  it('is a UUIDv7 of its moment, and rises with time', () => {
    const ids = [1, 2, 1_700_000_000_000, Date.now(), 253_402_300_799_999].map((now) => uuidv7(now));
    for (const id of ids) expect(z.uuidv7().parse(id)).toBe(id);
    expect(ids).toEqual(ids.toSorted());
    expect(parseInt(ids[2]!.replace('-', '').slice(0, 12), 16)).toBe(1_700_000_000_000);
  });

  it('is never the same twice', () => {
    expect(new Set(Array.from({ length: 5000 }, () => uuidv7(1))).size).toBe(5000);
  });
});

describe('a derived id', () => {
  it('is the same for the same words, and another for any other', () => {
    const parent = uuidv7();
    const words = fc.array(fc.string({ maxLength: 5 }), { maxLength: 4 });
    fc.assert(
      fc.property(words, words, (a, b) => {
        const same = [parent, ...a].join('\0') === [parent, ...b].join('\0');
        expect(derivedId(parent, ...a) === derivedId(parent, ...b)).toBe(same);
        expect(z.uuid().parse(derivedId(parent, ...a))).toMatch(/^.{14}8/);
      }),
    );
  });

  it('keeps the time of its parent, so that an index grows at its end', () => {
    const [early, late] = [uuidv7(1_000), uuidv7(2_000_000_000_000)];
    for (const parent of [early, late, derivedId(late, 'x')]) {
      expect(derivedId(parent, 'a').slice(0, 13)).toBe(parent.slice(0, 13));
    }
    expect(derivedId(early, 'a') < derivedId(late, 'a')).toBe(true);
  });

  it('has a parent that is no id, too', () => {
    expect(derivedId('till.account.wake.v1', 'a', '1')).toBe(derivedId('till.account.wake.v1', 'a', '1'));
    expect(derivedId('till.account.wake.v1', 'a', '1')).not.toBe(derivedId('till.account.wake.v1', 'a', '2'));
  });
});

describe('the hash of an input', () => {
  it('tells apart what differs in any part', () => {
    const inputs = [
      ['a', 'k', { x: 1 }],
      ['b', 'k', { x: 1 }],
      ['a', 'l', { x: 1 }],
      ['a', 'k', { x: '1' }],
      ['a', 'k', null],
      ['a', 'k'],
    ];
    expect(new Set(inputs.map((input) => inputHash(...input))).size).toBe(6);
    expect(inputHash('a', 'k', { x: 1 })).toBe(inputHash('a', 'k', { x: 1 }));
  });
});
