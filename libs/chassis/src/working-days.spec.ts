import { describe, expect, it } from '@jest/globals';
import { addWorkingDays, civilDate, isWorkingDay, type Year } from './working-days.ts';

/** The State Council's arrangement for 2026. */
const year2026: Year = {
  year: 2026,
  provisional: false,
  source: '国务院办公厅关于2026年部分节假日安排的通知',
  holidays: [
    ...['2026-01-01', '2026-01-02', '2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19', '2026-02-20', '2026-02-23'],
    ...['2026-04-06', '2026-05-01', '2026-05-04', '2026-05-05', '2026-06-19', '2026-09-25'],
    ...['2026-10-01', '2026-10-02', '2026-10-05', '2026-10-06', '2026-10-07'],
  ],
  workdays: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'],
};
const years = (year: number) => (year === 2026 ? year2026 : undefined);

/** An instant of a civil day in Zhengzhou. */
const on = (date: string, time = '10:00:00') => Date.parse(`${date}T${time}+08:00`);
const endOf = (date: string) => on(date, '00:00:00') + 86_400_000;

describe('the civil date of an instant', () => {
  it('is that of Asia/Shanghai, whatever the day is in Greenwich', () => {
    expect(civilDate(Date.parse('2026-09-30T15:59:59.999Z'))).toBe('2026-09-30');
    expect(civilDate(Date.parse('2026-09-30T16:00:00Z'))).toBe('2026-10-01');
  });
});

describe('a working day', () => {
  it.each([
    ['2026-09-30', true, 'a plain Wednesday'],
    ['2026-09-26', false, 'a plain Saturday'],
    ['2026-09-27', false, 'a plain Sunday'],
    ['2026-10-01', false, 'National Day'],
    ['2026-09-20', true, 'a Sunday worked for the National Day week'],
    ['2026-10-10', true, 'a Saturday worked for the National Day week'],
    ['2026-02-14', true, 'a Saturday worked for the Spring Festival'],
    ['2026-02-17', false, "New Year's Day of the lunar year"],
    ['2026-02-28', true, 'a Saturday worked for the Spring Festival'],
  ])('%s: %s, %s', (date, works) => {
    expect(isWorkingDay(on(date), years)).toBe(works);
    expect(isWorkingDay(on(date, '00:00:00'), years)).toBe(works);
    expect(isWorkingDay(on(date, '23:59:59'), years)).toBe(works);
  });
});

describe('a deadline in working days', () => {
  it.each([
    // DOMAIN 2.7: the winner signs within five working days, losers' deposits return three after the end.
    ['2026-11-02', 5, '2026-11-09', 'a plain week'],
    ['2026-11-02', 3, '2026-11-05', 'three days of a plain week'],
    ['2026-11-06', 1, '2026-11-09', 'a Friday'],
    ['2026-11-07', 1, '2026-11-09', 'a Saturday'],
    ['2026-09-30', 5, '2026-10-13', 'over National Day, with the worked Saturday'],
    ['2026-09-18', 1, '2026-09-20', 'to a worked Sunday'],
    ['2026-02-13', 5, '2026-02-27', 'over the Spring Festival, with the worked Saturday before it'],
    ['2026-02-13', 6, '2026-02-28', 'over the Spring Festival, with both worked Saturdays'],
    ['2026-10-01', 1, '2026-10-08', 'from within a holiday'],
  ])('from %s, %i: the end of %s, %s', (from, n, last) => {
    expect(addWorkingDays(on(from), n, years)).toEqual({ at: endOf(last), provisional: false });
  });

  it('does not depend on the hour of the day it runs from', () => {
    for (const time of ['00:00:00', '12:00:00', '23:59:59']) {
      expect(addWorkingDays(on('2026-09-30', time), 5, years).at).toBe(endOf('2026-10-13'));
    }
  });

  it('is provisional when a day on its way is in a year that is not announced', () => {
    expect(addWorkingDays(on('2026-12-30'), 1, years)).toEqual({ at: endOf('2026-12-31'), provisional: false });
    expect(addWorkingDays(on('2026-12-31'), 1, years)).toEqual({ at: endOf('2027-01-01'), provisional: true });
    const announced = (year: number): Year => ({ ...year2026, year, provisional: year === 2027 });
    expect(addWorkingDays(on('2026-12-30'), 3, announced).provisional).toBe(true);
    expect(addWorkingDays(on('2025-12-30'), 1, announced).provisional).toBe(false);
  });

  it.each([0, -1, 1.5, Number.NaN])('is never asked for %d days', (n) => {
    expect(() => addWorkingDays(on('2026-11-02'), n, years)).toThrow(RangeError);
  });
});
