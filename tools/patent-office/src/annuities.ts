import { share } from '@yuzhi/money/rate';
import type { PatentKind } from '@yuzhi/protocol/patent-number';
import { BANDS, GRACE, LATE_FEE, OPEN_LICENCE_RELIEF, TERMS } from './annuity-tariff.ts';
import { addMonths, addYears, type CivilDate, yearsBetween } from './calendar.ts';

/** The full annuity of one patent-year, in fen. Throws RangeError beyond the longest term. */
export function annuityFen(kind: PatentKind, year: number): bigint {
  const band = BANDS.find((b) => b.kind === kind && b.fromYear <= year && year <= b.toYear);
  if (!band) throw new RangeError(`no annuity for year ${year} of a ${kind}`);
  return band.feeYuan * 100n;
}

/** Years of protection from the filing date: also the number of the last patent-year. */
export function termYears(kind: PatentKind, filingDate: CivilDate): number {
  return TERMS.find((t) => t.kind === kind && (!t.filedBefore || filingDate < t.filedBefore))!.years;
}

/** The day the term has run out: the first day on which the patent is no longer in force. */
export const expiryDate = (kind: PatentKind, filingDate: CivilDate): CivilDate =>
  addYears(filingDate, termYears(kind, filingDate));

/** The last day to pay a year's annuity in time: the anniversary on which the patent-year before it is over. */
export const annuityDueOn = (filingDate: CivilDate, year: number): CivilDate => addYears(filingDate, year - 1);

/** The last day on which an annuity can still be paid, with its late fee. */
export const graceEndsOn = (dueOn: CivilDate): CivilDate => addMonths(dueOn, GRACE.months);

/** The patent-year that a day falls in; the day of filing falls in year 1. */
export const patentYearOn = (filingDate: CivilDate, day: CivilDate): number => yearsBetween(filingDate, day) + 1;

/** A month is exceeded the day after it is full: paid on that very day it does not count. At most 5 in the grace. */
export function fullMonthsExceeded(dueOn: CivilDate, paidOn: CivilDate): number {
  let months = 0;
  while (paidOn > addMonths(dueOn, months + 1)) months++;
  return months;
}

export interface AnnuityFee {
  /** What the tariff says. */
  fullFen: bigint;
  /** What is to be paid for the year itself. */
  reducedFen: bigint;
  lateFen: bigint;
}

/** What an annuity costs on the day it is paid. The late fee is a part of the full fee, whatever the relief. */
export function annuityFee(
  kind: PatentKind,
  year: number,
  { openLicence, dueOn, paidOn }: { openLicence: boolean; dueOn: CivilDate; paidOn: CivilDate },
): AnnuityFee {
  const fullFen = annuityFen(kind, year);
  return {
    fullFen,
    reducedFen: fullFen - (openLicence ? share(fullFen, OPEN_LICENCE_RELIEF.bps) : 0n),
    lateFen: share(fullFen, LATE_FEE.monthlyBps * fullMonthsExceeded(dueOn, paidOn)),
  };
}
