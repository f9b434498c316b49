import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { z } from 'zod';
import { makeUscc, organisationCheck, Uscc, usccCheck, usccOk } from './uscc.ts';

/** DOMAIN §7.5. */
const VALID = [
  '91350100M000100Y43',
  '91512081MA62K0260E',
  '91440300708461136T',
  '9111000071093123XX',
  '91110000802100433B',
  '914403001922038216',
  '12100000400000624D',
];
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'.split('');
const complaint = (code: string) => Uscc.safeParse(code).error?.issues.map(({ message }) => message);

describe('the codes of DOMAIN §7.5', () => {
  test.each(VALID)('%s is accepted, and both its check characters are right', (code) => {
    expect(usccOk(code)).toBe(true);
    expect(Uscc.parse(code)).toBe(code);
    expect(organisationCheck(code.slice(8, 16))).toBe(code[16]);
  });

  test('91350100M000100Y4?, worked in the explanatory text of the standard, ends in 3', () => {
    expect(usccCheck('91350100M000100Y4')).toBe('3');
  });

  test('91350100M000100Y4Z is refused: Z is no character of a code', () => {
    expect(usccOk('91350100M000100Y4Z')).toBe(false);
    expect(complaint('91350100M000100Y4Z')).toEqual([expect.stringMatching(/不含 I.*18 characters/)]);
  });

  test('91512081MA62K0260E ends in E although its page adds up to 1495', () => {
    expect(usccCheck('91512081MA62K0260')).toBe('E');
  });

  test('91310115MA1G4L1WXK, a fake sample of the web, is refused: 7 was expected', () => {
    expect(usccOk('91310115MA1G4L1WXK')).toBe(false);
    expect(usccCheck('91310115MA1G4L1WX')).toBe('7');
    expect(complaint('91310115MA1G4L1WXK')).toEqual([expect.stringMatching(/校验位不符.*does not match/)]);
  });
});

describe('a code', () => {
  test.each([
    '9111 0000 7109 3123 XX',
    '9111000071093123xx',
    '９１１１００００７１０９３１２３ＸＸ',
    ' 9111000071093123XX\n',
  ])('typed as %j becomes 9111000071093123XX', (typed) => {
    expect(Uscc.parse(typed)).toBe('9111000071093123XX');
  });

  test.each(['', '9111000071093123X', '9111000071093123XX0', '91110000-71093123XX'])('%j is refused', (typed) => {
    expect(Uscc.safeParse(typed).success).toBe(false);
  });

  test('is known by its canonical spelling alone', () => {
    expect(usccOk('9111000071093123xx')).toBe(false);
  });

  const codes = fc
    .array(fc.constantFrom(...ALPHABET), { minLength: 17, maxLength: 17 })
    .map((all) => all.join('') + usccCheck(all.join('')));

  test('with any one character changed is refused', () => {
    fc.assert(
      fc.property(codes, fc.integer({ min: 0, max: 17 }), fc.constantFrom(...ALPHABET), (code, at, other) => {
        fc.pre(code[at] !== other);
        expect(usccOk(code)).toBe(true);
        expect(usccOk(code.slice(0, at) + other + code.slice(at + 1))).toBe(false);
      }),
    );
  });

  test('with two different neighbours swapped is refused', () => {
    fc.assert(
      fc.property(codes, fc.integer({ min: 0, max: 16 }), (code, at) => {
        fc.pre(code[at] !== code[at + 1]);
        expect(usccOk(code.slice(0, at) + code[at + 1] + code[at] + code.slice(at + 2))).toBe(false);
      }),
    );
  });

  test('needs the whole of what its check characters are computed over', () => {
    expect(() => usccCheck('91')).toThrow(RangeError);
    expect(() => organisationCheck('ABC')).toThrow(RangeError);
  });
});

describe('the code of a demonstration organisation', () => {
  test('has both check characters right, whatever its serial', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999 }), fc.constantFrom('91', '12', '52'), (serial, category) => {
        const code = makeUscc(serial, { category, region: '410300' });
        expect(Uscc.parse(code)).toBe(code);
        expect(organisationCheck(code.slice(8, 16))).toBe(code[16]);
      }),
    );
  });

  test('says its category, its region and that it is invented', () => {
    expect(makeUscc(7)).toMatch(/^91410100DEM00007/);
    expect(makeUscc(7, { region: '410300', category: '12' })).toMatch(/^12410300DEM00007/);
  });

  test('differs for every serial', () => {
    expect(new Set(Array.from({ length: 1000 }, (_, serial) => makeUscc(serial))).size).toBe(1000);
  });

  test.each([-1, 100_000, 1.5])('is not made for serial %d', (serial) => {
    expect(() => makeUscc(serial)).toThrow(RangeError);
  });

  test('is not made for a region or category of another shape', () => {
    expect(() => makeUscc(1, { region: '41' })).toThrow(RangeError);
    expect(() => makeUscc(1, { category: '9' })).toThrow(RangeError);
  });
});

test('its JSON schema is one named string, for what comes in and for what goes out', () => {
  const body = z.object({ uscc: Uscc });
  for (const io of ['input', 'output'] as const) {
    expect(z.toJSONSchema(body, { io })).toMatchObject({
      properties: { uscc: { $ref: '#/$defs/Uscc' } },
      $defs: { Uscc: { type: 'string' } },
    });
  }
});
