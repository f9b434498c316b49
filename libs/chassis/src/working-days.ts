import type { CalendarYear } from '@yuzhi/protocol/oversight';
import type { z } from 'zod';

export type Year = z.output<typeof CalendarYear>;
export type Years = (year: number) => Year | undefined;
export interface Deadline {
  /** Epoch ms of 24:00 of its last day in Asia/Shanghai. */
  at: number;
  /** A day on the way is in a year whose holidays are not announced. */
  provisional: boolean;
}

const DAY_MS = 86_400_000;
/** Asia/Shanghai has had no summer time since 1991. */
const SHANGHAI_MS = 8 * 3_600_000;

const dayOf = (at: number) => Math.floor((at + SHANGHAI_MS) / DAY_MS);
const dateOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** The civil date of an instant in Asia/Shanghai, `2026-10-01`. */
export const civilDate = (at: number): string => dateOf(dayOf(at));

function works(day: number, years: Years): boolean {
  const date = dateOf(day);
  const year = years(Number(date.slice(0, 4)));
  // Day 0, 1970-01-01, was a Thursday.
  const weekend = (day + 3) % 7 >= 5;
  return weekend ? (year?.workdays.includes(date) ?? false) : !year?.holidays.includes(date);
}

export const isWorkingDay = (at: number, years: Years): boolean => works(dayOf(at), years);

/**
 * The end of the nth working day after the day of `at`; that day itself does not count (Civil Code, art. 201).
 * @throws RangeError unless n is a whole number above zero
 */
export function addWorkingDays(at: number, n: number, years: Years): Deadline {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`${n} working days`);
  let day = dayOf(at);
  let provisional = false;
  for (let left = n; left > 0;) {
    day += 1;
    provisional ||= years(Number(dateOf(day).slice(0, 4)))?.provisional ?? true;
    if (works(day, years)) left -= 1;
  }
  return { at: (day + 1) * DAY_MS - SHANGHAI_MS, provisional };
}
