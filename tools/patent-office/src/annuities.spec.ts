import { describe, expect, test } from '@jest/globals';
import { fen } from '@yuzhi/money/fen';
import { PatentKind } from '@yuzhi/protocol/patent-number';
import * as fc from 'fast-check';
import {
  annuityDueOn,
  annuityFee,
  annuityFen,
  expiryDate,
  fullMonthsExceeded,
  graceEndsOn,
  patentYearOn,
  termYears,
} from './annuities.ts';
import { BANDS, GRACE, LATE_FEE, OPEN_LICENCE_RELIEF, TERMS } from './annuity-tariff.ts';

const onTime = { openLicence: false, dueOn: '2026-03-10', paidOn: '2026-03-10' };

describe('DOMAIN §6, row "Annuity, invention year 10"', () => {
  test('it is 4,000', () => {
    expect(annuityFee('invention', 10, onTime)).toEqual({ fullFen: fen('4000'), reducedFen: fen('4000'), lateFen: 0n });
  });

  test('with an open licence, 15 % off, it is 3,400', () => {
    expect(annuityFee('invention', 10, { ...onTime, openLicence: true }).reducedFen).toBe(fen('3400'));
  });

  test('late by 2 full months it is 400 more', () => {
    expect(annuityFee('invention', 10, { ...onTime, paidOn: '2026-05-11' }).lateFen).toBe(fen('400'));
  });

  test('the late fee is a part of the full fee, also with an open licence', () => {
    const fee = annuityFee('invention', 10, { ...onTime, openLicence: true, paidOn: '2026-05-11' });
    expect(fee).toEqual({ fullFen: fen('4000'), reducedFen: fen('3400'), lateFen: fen('400') });
  });
});

describe('the tariff of DOMAIN §2.1', () => {
  test.each<[PatentKind, [number, number, string][]]>([
    [
      'invention',
      [
        [1, 3, '900'],
        [4, 6, '1200'],
        [7, 9, '2000'],
        [10, 12, '4000'],
        [13, 15, '6000'],
        [16, 20, '8000'],
      ],
    ],
    [
      'utility-model',
      [
        [1, 3, '600'],
        [4, 5, '900'],
        [6, 8, '1200'],
        [9, 10, '2000'],
      ],
    ],
    [
      'design',
      [
        [1, 3, '600'],
        [4, 5, '900'],
        [6, 8, '1200'],
        [9, 10, '2000'],
        [11, 15, '3000'],
      ],
    ],
  ])('of an %s goes by these years', (kind, rows) => {
    for (const [from, to, yuan] of rows)
      for (let year = from; year <= to; year++) expect(annuityFen(kind, year)).toBe(fen(yuan));
    expect(() => annuityFen(kind, rows.at(-1)![1] + 1)).toThrow(RangeError);
  });

  test('says of every figure where it is from, and which are not verified', () => {
    for (const { source } of [...BANDS, ...TERMS, GRACE, LATE_FEE, OPEN_LICENCE_RELIEF]) {
      expect(source.zh).not.toBe('');
      expect(source.en).not.toBe('');
    }
    const unverified = BANDS.filter((band) => !band.verified).map(({ kind, fromYear }) => [kind, fromYear]);
    expect(unverified).toEqual([['design', 11]]);
    expect(TERMS.filter((term) => !term.verified).map(({ kind, years }) => [kind, years])).toEqual([['design', 10]]);
  });

  test('has exactly one fee for every year of every term', () => {
    for (const kind of PatentKind.options)
      for (let year = 1; year <= termYears(kind, '2022-01-01'); year++)
        expect(BANDS.filter((b) => b.kind === kind && b.fromYear <= year && year <= b.toYear)).toHaveLength(1);
  });
});

describe('terms and due dates', () => {
  test.each([
    ['invention', '2006-03-10', '2026-03-10'],
    ['utility-model', '2016-03-10', '2026-03-10'],
    ['design', '2021-06-01', '2036-06-01'],
    ['design', '2021-05-31', '2031-05-31'],
  ] as const)('an %s filed on %s is over on %s', (kind, filed, over) => {
    expect(expiryDate(kind, filed)).toBe(over);
  });

  test('an annuity is due before the patent-year before it is over', () => {
    expect(annuityDueOn('2021-03-10', 6)).toBe('2026-03-10');
    expect(patentYearOn('2021-03-10', '2026-03-09')).toBe(5);
    expect(patentYearOn('2021-03-10', '2026-03-10')).toBe(6);
  });

  test('the six months of grace end on the same day of the month', () => {
    expect(graceEndsOn('2026-03-10')).toBe('2026-09-10');
    expect(graceEndsOn('2026-08-31')).toBe('2027-02-28');
  });

  test.each([
    ['2026-03-10', 0],
    ['2026-03-11', 0],
    ['2026-04-10', 0],
    ['2026-04-11', 1],
    ['2026-05-10', 1],
    ['2026-05-11', 2],
    ['2026-06-11', 3],
    ['2026-07-11', 4],
    ['2026-08-11', 5],
    ['2026-09-10', 5],
  ])('due on 2026-03-10 and paid on %s, %i full months are exceeded', (paidOn, months) => {
    expect(fullMonthsExceeded('2026-03-10', paidOn)).toBe(months);
  });

  test('whenever it is paid within the grace, the late fee is 0, 5, 10, 15, 20 or 25 % and never falls', () => {
    const day = fc.integer({ min: 0, max: 180 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), day, day, (year, a, b) => {
        const late = (days: number) => {
          const paidOn = new Date(Date.UTC(2026, 2, 10 + days)).toISOString().slice(0, 10);
          return annuityFee('invention', year, { ...onTime, paidOn }).lateFen;
        };
        const steps = [0n, 5n, 10n, 15n, 20n, 25n].map((percent) => (annuityFen('invention', year) * percent) / 100n);
        expect(steps).toContain(late(a));
        expect(late(Math.max(a, b))).toBeGreaterThanOrEqual(late(Math.min(a, b)));
      }),
    );
  });
});
