import { Temporal } from 'temporal-polyfill';

/** A civil date in Asia/Shanghai, `yyyy-mm-dd`; two of them compare as strings. */
export type CivilDate = string;
export type PatentKind = 'invention' | 'utility-model' | 'design';

export type Annuity = { year: number; dueOn: CivilDate; paidOn: CivilDate | null; amountFen: string };

/** What the annuities of a patent follow from. */
export type AnnuityBasis = {
  kind: PatentKind;
  filingDate: CivilDate;
  grantDate: CivilDate;
  /** The first patent-year its owner leaves unpaid; null while the owner keeps paying. */
  unpaidFromYear: number | null;
};

/** Years from the filing date, Patent Law art. 42 (designs filed since 2021-06-01). */
const TERM_YEARS: Record<PatentKind, number> = { invention: 20, 'utility-model': 10, design: 15 };
/** Owners of the demonstration who pay do so this long before the day the fee falls due. */
const PAID_DAYS_AHEAD = 15;

/** [last patent-year of the band, RMB a year]: the office's published tariff. Design years 11–15 are unverified. */
const TARIFF_YUAN: Record<PatentKind, readonly (readonly [number, bigint])[]> = {
  invention: [[3, 900n], [6, 1200n], [9, 2000n], [12, 4000n], [15, 6000n], [20, 8000n]], // prettier-ignore
  'utility-model': [[3, 600n], [5, 900n], [8, 1200n], [10, 2000n]], // prettier-ignore
  design: [[3, 600n], [5, 900n], [8, 1200n], [10, 2000n], [15, 3000n]], // prettier-ignore
};

const plus = (date: CivilDate, duration: Temporal.DurationLike) =>
  Temporal.PlainDate.from(date).add(duration).toString();
export const addMonths = (date: CivilDate, months: number): CivilDate => plus(date, { months });
const later = (a: CivilDate, b: CivilDate) => (a > b ? a : b);

/** The civil date in Asia/Shanghai of an instant in epoch milliseconds. */
export const shanghaiDate = (ms: number): CivilDate =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO('Asia/Shanghai').toPlainDate().toString();

/** The annuity of one patent-year, in fen. */
export function annuityFen(kind: PatentKind, year: number): bigint {
  const band = TARIFF_YUAN[kind].find(([last]) => year <= last);
  if (!band) throw new Error(`no annuity for year ${year} of a ${kind}`);
  return band[1] * 100n;
}

/** The day the term has run out: the first day on which the patent is no longer in force. */
export const expiryDate = (p: AnnuityBasis): CivilDate => plus(p.filingDate, { years: TERM_YEARS[p.kind] });

/** The day after which an unpaid annuity's six months of grace are over (Implementing Rules, rule 115). */
export const graceEnd = (dueOn: CivilDate): CivilDate => addMonths(dueOn, 6);

function patentYearOn(filingDate: CivilDate, date: CivilDate): number {
  return Temporal.PlainDate.from(filingDate).until(Temporal.PlainDate.from(date), { largestUnit: 'years' }).years + 1;
}

/** Every annuity from the year of grant up to the first one not paid by `today`; that of the grant is paid with it. */
export function annuitiesOn(p: AnnuityBasis, today: CivilDate): Annuity[] {
  const first = patentYearOn(p.filingDate, p.grantDate);
  const rows: Annuity[] = [];
  for (let year = first; year <= TERM_YEARS[p.kind]; year++) {
    const dueOn = year === first ? p.grantDate : plus(p.filingDate, { years: year - 1 });
    const payday = later(p.grantDate, plus(dueOn, { days: -PAID_DAYS_AHEAD }));
    const paid = payday <= today && (p.unpaidFromYear === null || year < p.unpaidFromYear);
    rows.push({ year, dueOn, paidOn: paid ? payday : null, amountFen: String(annuityFen(p.kind, year)) });
    if (!paid) break;
  }
  return rows;
}
