import { Temporal } from 'temporal-polyfill';

/** A civil date in Asia/Shanghai, `yyyy-mm-dd`; two of them compare as strings. */
export type CivilDate = string;

const plus = (date: CivilDate, duration: Temporal.DurationLike): CivilDate =>
  Temporal.PlainDate.from(date).add(duration).toString();

export const addDays = (date: CivilDate, days: number): CivilDate => plus(date, { days });
export const addMonths = (date: CivilDate, months: number): CivilDate => plus(date, { months });
export const addYears = (date: CivilDate, years: number): CivilDate => plus(date, { years });
export const later = (a: CivilDate, b: CivilDate): CivilDate => (a > b ? a : b);

/** The civil date in Asia/Shanghai of an instant in epoch milliseconds. */
export const shanghaiDate = (ms: number): CivilDate =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO('Asia/Shanghai').toPlainDate().toString();

/** So many days from Monday to Friday later; this office keeps no public holidays. None later is the day itself. */
export function addWorkingDays(date: CivilDate, days: number): CivilDate {
  let day = Temporal.PlainDate.from(date);
  for (let left = days; left > 0; left -= day.dayOfWeek <= 5 ? 1 : 0) day = day.add({ days: 1 });
  return day.toString();
}

/** Full years from one day to another. */
export const yearsBetween = (from: CivilDate, to: CivilDate): number =>
  Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to), { largestUnit: 'years' }).years;
