import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { z } from 'zod';
import {
  checkDigit,
  demonstrationNumber,
  filingYearOf,
  isDemonstrationNumber,
  kindOf,
  PatentKind,
  PatentNumber,
} from './patent-number.ts';

/** DOMAIN §7.1, known-valid published numbers. */
const PUBLISHED = [
  ['201710601862.3', 2017, 'invention'],
  ['97101765.4', 1997, 'invention'],
  ['95115608.X', 1995, 'invention'],
  ['90101673.X', 1990, 'invention'],
  ['00814037.5', 2000, 'invention'],
  ['01800565.9', 2001, 'invention'],
  ['200510113767.6', 2005, 'invention'],
  ['202310093204.3', 2023, 'invention'],
  ['201710911092.2', 2017, 'invention'],
  ['201310699744.2', 2013, 'invention'],
] as const;

const accepts = (spelling: string) => PatentNumber.safeParse(spelling).success;
const complaint = (spelling: string) => PatentNumber.safeParse(spelling).error?.issues[0]?.message;

describe('the published numbers of DOMAIN §7.1', () => {
  test.each(PUBLISHED)('%s is accepted, was filed in %i and is an %s', (number, year, kind) => {
    expect(PatentNumber.parse(number)).toBe(number);
    expect(checkDigit(number.slice(0, -2))).toBe(number.at(-1));
    expect(filingYearOf(number)).toBe(year);
    expect(kindOf(number)).toBe(kind);
  });

  test('ZL2013106997442, as one of them is printed, is the same patent as 201310699744.2', () => {
    expect(PatentNumber.parse('ZL2013106997442')).toBe('201310699744.2');
  });

  test.each(PUBLISHED.map(([number]) => number))('%s with any one digit changed is refused', (number) => {
    for (let at = 0; at < number.length; at++) {
      for (const other of '0123456789X') {
        if (number[at] === '.' || number[at] === other) continue;
        expect(accepts(number.slice(0, at) + other + number.slice(at + 1))).toBe(false);
      }
    }
  });
});

describe('the spellings of DOMAIN §7.1', () => {
  test.each([
    'ZL 2017 1 0601862.3',
    'ZL201710601862.3',
    'CN201710601862.3',
    'CN 201710601862.3',
    '2017106018623',
    'zl201710601862.3',
    'ＺＬ２０１７１０６０１８６２．３',
    '２０１７　１　０６０１８６２.３',
    ' 201710601862 . 3\n',
    '201710601862.3',
  ])('%j becomes 201710601862.3', (spelling) => {
    expect(PatentNumber.parse(spelling)).toBe('201710601862.3');
  });

  test.each(['95115608.x', '95115608x', 'ZL95115608X', 'zl 95115608.ｘ'])('%j becomes 95115608.X', (spelling) => {
    expect(PatentNumber.parse(spelling)).toBe('95115608.X');
  });

  test('every canonical number, spelled in every way at once, is found again', () => {
    const spelled = fc.record({
      prefix: fc.constantFrom('', 'ZL', 'CN ', 'zl', 'ＣＮ'),
      year: fc.integer({ min: 2004, max: 2099 }),
      kind: fc.constantFrom(...PatentKind.options),
      index: fc.integer({ min: 0, max: 99_999 }),
      dot: fc.constantFrom('.', '', '．', ' . '),
      wide: fc.boolean(),
    });
    fc.assert(
      fc.property(spelled, ({ prefix, year, kind, index, dot, wide }) => {
        const number = demonstrationNumber(year, kind, index);
        const written = prefix + number.replace('.', dot).toLowerCase();
        const widened = written
          .split('')
          .map((c) => (/\d/.test(c) ? String.fromCharCode(c.charCodeAt(0) + 0xfee0) : c));
        expect(PatentNumber.parse(wide ? widened.join('') : written)).toBe(number);
      }),
    );
  });
});

describe('what is refused, and why', () => {
  test.each([
    ['201710601862.4', /校验位不符.*check digit/],
    ['201710601862', /校验位，如.*a check digit, such as/],
    ['97101765', /a dot and a check digit/],
    ['', /8 or 12 digits/],
    ['CN107423456B', /8 or 12 digits/],
    ['2017-1-0601862.3', /8 or 12 digits/],
    ['20171060186２.3.3', /8 or 12 digits/],
    [`201740601862.${checkDigit('201740601862')}`, /种类位.*type digit/],
    [`199910601862.${checkDigit('199910601862')}`, /年份.*2003 or later/],
    [`84101765.${checkDigit('84101765')}`, /年份.*1985 or later/],
    [`201710000000.${checkDigit('201710000000')}`, /流水号.*serial/],
  ])('%j is refused with %s', (spelling, reason) => {
    expect(complaint(spelling)).toMatch(reason);
  });

  test('one issue is reported, not one for each stage', () => {
    expect(PatentNumber.safeParse('201710601862.4').error?.issues).toHaveLength(1);
  });

  test('a spelling of more than 40 characters is not read at all', () => {
    expect(accepts(`${' '.repeat(40)}201710601862.3`)).toBe(false);
  });

  test('a check digit is only computed over 8 or 12 digits', () => {
    expect(() => checkDigit('2017106018')).toThrow(RangeError);
    expect(() => checkDigit('20171060186X')).toThrow(RangeError);
  });

  test('a spelling that is not canonical has no kind', () => {
    expect(() => kindOf('ZL201710601862.3')).toThrow(RangeError);
    expect(() => kindOf('201740601862.3')).toThrow(RangeError);
  });
});

describe('the check digit', () => {
  const digits = fc
    .tuple(fc.constantFrom(8, 12), fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 12 }))
    .map(([length, all]) => all.slice(0, length).join(''));

  test('finds every single wrong digit', () => {
    fc.assert(
      fc.property(digits, fc.nat(), fc.integer({ min: 1, max: 9 }), (number, where, by) => {
        const at = where % number.length;
        const wrong = number.slice(0, at) + ((Number(number[at]) + by) % 10) + number.slice(at + 1);
        expect(checkDigit(wrong)).not.toBe(checkDigit(number));
      }),
    );
  });

  test('finds every swap of two different neighbours, the check digit itself included', () => {
    fc.assert(
      fc.property(digits, fc.nat(), (number, where) => {
        const whole = number + checkDigit(number);
        const at = where % number.length;
        fc.pre(whole[at] !== whole[at + 1] && whole[at + 1] !== 'X');
        const swapped = whole.slice(0, at) + whole[at + 1] + whole[at] + whole.slice(at + 2);
        expect(checkDigit(swapped.slice(0, -1))).not.toBe(swapped.at(-1));
      }),
    );
  });
});

describe('kinds and demonstration numbers', () => {
  test.each([
    ['1', 'invention'],
    ['2', 'utility-model'],
    ['3', 'design'],
    ['8', 'invention'],
    ['9', 'utility-model'],
  ])('type digit %s is an %s', (type, kind) => {
    const digits = `2019${type}0000001`;
    expect(kindOf(PatentNumber.parse(`${digits}.${checkDigit(digits)}`))).toBe(kind);
  });

  test('a demonstration number is valid, says its year and kind, and is known as one', () => {
    expect(demonstrationNumber(2021, 'utility-model', 0)).toMatch(/^202129900000\.[\dX]$/);
    const last = demonstrationNumber(2021, 'design', 99_999);
    expect(last).toMatch(/^202139999999\./);
    expect(PatentNumber.parse(last)).toBe(last);
    expect(isDemonstrationNumber(last)).toBe(true);
  });

  test('no published number is taken for a demonstration', () => {
    for (const [number] of PUBLISHED) expect(isDemonstrationNumber(number)).toBe(false);
    expect(isDemonstrationNumber(PatentNumber.parse(`201719899999${checkDigit('201719899999')}`))).toBe(false);
  });

  test.each([
    [2021, 100_000],
    [2021, -1],
    [2021, 0.5],
    [2003, 0],
    [2100, 0],
  ])('year %d with index %d makes no demonstration number', (year, index) => {
    expect(() => demonstrationNumber(year, 'invention', index)).toThrow(RangeError);
  });
});

test('its JSON schema is one named string, for what comes in and for what goes out', () => {
  const body = z.object({ number: PatentNumber });
  for (const io of ['input', 'output'] as const) {
    expect(z.toJSONSchema(body, { io })).toMatchObject({
      properties: { number: { $ref: '#/$defs/PatentNumber' } },
      $defs: { PatentNumber: { type: 'string' } },
    });
  }
});
