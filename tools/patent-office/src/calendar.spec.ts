import { describe, expect, test } from '@jest/globals';
import { addMonths, addWorkingDays, addYears, later, shanghaiDate, yearsBetween } from './calendar.ts';

describe('the office’s calendar', () => {
  test.each([
    ['2026-12-01', 0, '2026-12-01'],
    ['2026-12-01', 3, '2026-12-04'],
    ['2026-12-01', 5, '2026-12-08'],
    ['2026-12-04', 1, '2026-12-07'],
    ['2026-12-05', 1, '2026-12-07'],
    ['2026-12-05', 0, '2026-12-05'],
    ['2026-12-01', 20, '2026-12-29'],
  ])('from %s, %i working days later it is %s', (from, days, to) => {
    expect(addWorkingDays(from, days)).toBe(to);
  });

  test('a day begins at midnight in Shanghai, which is 16:00 UTC', () => {
    expect(shanghaiDate(Date.parse('2026-12-01T15:59:59.999Z'))).toBe('2026-12-01');
    expect(shanghaiDate(Date.parse('2026-12-01T16:00:00Z'))).toBe('2026-12-02');
  });

  test('a month and a year end on the last day that there is', () => {
    expect(addMonths('2026-08-31', 6)).toBe('2027-02-28');
    expect(addYears('2024-02-29', 1)).toBe('2025-02-28');
    expect(addYears('2024-02-29', 4)).toBe('2028-02-29');
  });

  test('a year is full on its anniversary', () => {
    expect(yearsBetween('2021-03-10', '2026-03-09')).toBe(4);
    expect(yearsBetween('2021-03-10', '2026-03-10')).toBe(5);
  });

  test('of two days the later one is found', () => {
    expect(later('2026-01-31', '2026-02-01')).toBe('2026-02-01');
    expect(later('2026-02-01', '2026-01-31')).toBe('2026-02-01');
  });
});
