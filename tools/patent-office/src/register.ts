import {
  annuitiesOn,
  type AnnuityBasis,
  type CivilDate,
  expiryDate,
  graceEnd,
  type PatentKind,
} from './annuities.ts';
import {
  type Bilingual,
  DEMONSTRATION_NOTICE,
  type EncumbranceKind,
  ENCUMBRANCES,
  type EndingKind,
  entered,
  EVENTS,
  left,
  type LegalStatus,
  STATUS_NAMES,
} from './register-codes.ts';

export type Party = { name: string; uscc: string | null; personId: string | null };
/** `share` in basis points; the shares of a patent's owners sum to 10,000. */
export type Owner = Party & { share: number };
export type Inventor = { name: string; personRef: string };

export type Encumbrance = {
  id: string;
  kind: EncumbranceKind;
  licenceKind: 'exclusive' | 'sole' | 'ordinary' | null;
  holder: Party | null;
  since: CivilDate;
  /** The last day it stands; null is open-ended. */
  until: CivilDate | null;
  releasedOn: CivilDate | null;
};

export type Entry = {
  version: number;
  on: CivilDate;
  code: string;
  title: Bilingual;
  details: Record<string, unknown>;
};
export type EntryText = Omit<Entry, 'version'>;

export type Bibliography = {
  number: string;
  publicationNumber: string;
  kind: PatentKind;
  title: { zh: string; en: string | null };
  abstract: string;
  ipc: readonly string[];
  cpc: readonly string[];
  locarno: readonly string[];
  inventors: readonly Inventor[];
};

export type Patent = Bibliography &
  AnnuityBasis & {
    owners: readonly Owner[];
    /** Set by an act other than the calendar: surrender, invalidation, or a lapse the office was told to enter. */
    ended: { status: LegalStatus; on: CivilDate } | null;
    encumbrances: readonly Encumbrance[];
    entries: readonly Entry[];
    /** The version of its newest entry; versions rise over the whole register, not per patent. */
    version: number;
  };

/** Whose versions come next: one per register entry, never reused. */
export type NextVersion = () => number;

export const partyKey = (p: Party): string => p.uscc ?? p.personId ?? p.name;

export function withEntry(patent: Patent, entry: EntryText, next: NextVersion): Patent {
  const version = next();
  return { ...patent, version, entries: [...patent.entries, { version, ...entry }] };
}

/** The status the register shows on a day: what was entered first, then what the calendar has done. */
export function statusOn(p: Patent, today: CivilDate): LegalStatus {
  if (p.ended) return p.ended.status;
  const open = annuitiesOn(p, today).find((a) => a.paidOn === null);
  if (open && today > graceEnd(open.dueOn)) return 'LAPSED_FEE';
  if (today >= expiryDate(p)) return 'EXPIRED';
  return open && today > open.dueOn ? 'GRANTED_LATE_FEE' : 'GRANTED';
}

export const isInForce = (status: LegalStatus): boolean => status === 'GRANTED' || status === 'GRANTED_LATE_FEE';

export const liveEncumbrances = (p: Patent, today: CivilDate): Encumbrance[] =>
  p.encumbrances.filter((e) => e.releasedOn === null && (e.until === null || today <= e.until));

export const flagsOn = (p: Patent, today: CivilDate): string[] => [
  ...new Set(liveEncumbrances(p, today).map((e) => ENCUMBRANCES[e.kind].flag)),
];

/** What the calendar alone has entered after `since` up to `today`: payments, grace, lapse, expiry, ended encumbrances. */
export function calendarEntries(p: Patent, since: CivilDate, today: CivilDate): EntryText[] {
  if (p.ended) return [];
  const entries: EntryText[] = [];
  const annuities = annuitiesOn(p, today);
  for (const { year, paidOn, amountFen } of annuities)
    if (paidOn !== null && paidOn > since) entries.push({ ...EVENTS.annuityPaid, on: paidOn, details: { year, amountFen } });
  for (const e of p.encumbrances)
    if (e.releasedOn === null && e.until !== null && e.until >= since && e.until < today)
      entries.push({ ...left(e.kind), on: e.until, details: { id: e.id } });
  const status = statusOn(p, today);
  if (status !== statusOn(p, since)) {
    const dueOn = annuities.at(-1)?.dueOn;
    if (status === 'GRANTED_LATE_FEE') entries.push({ ...EVENTS.annuityLate, on: today, details: { dueOn } });
    // The right ends on the day the annuity was due, not on the day the six months were over.
    if (status === 'LAPSED_FEE') entries.push({ ...EVENTS.lapse, on: today, details: { effectiveOn: dueOn } });
    if (status === 'EXPIRED') entries.push({ ...EVENTS.expiry, on: expiryDate(p), details: {} });
  }
  return entries.toSorted((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
}

export type NewEncumbrance = Pick<Encumbrance, 'id' | 'kind' | 'licenceKind' | 'holder' | 'since' | 'until'>;

export function encumber(p: Patent, e: NewEncumbrance, next: NextVersion): Patent {
  const encumbrances = [...p.encumbrances, { ...e, releasedOn: null }];
  const { since, kind, ...details } = e;
  return withEntry({ ...p, encumbrances }, { ...entered(kind), on: since, details }, next);
}

export function release(p: Patent, id: string, today: CivilDate, next: NextVersion): Patent | 'encumbrance-unknown' {
  const found = liveEncumbrances(p, today).find((e) => e.id === id);
  if (!found) return 'encumbrance-unknown';
  const encumbrances = p.encumbrances.map((e) => (e.id === id ? { ...e, releasedOn: today } : e));
  return withEntry({ ...p, encumbrances }, { ...left(found.kind), on: today, details: { id } }, next);
}

const ENDINGS = { lapse: 'LAPSED_FEE', surrender: 'SURRENDERED', invalidation: 'INVALID_FULL' } as const;

/** Ends a right in force, or restores one that ended; an unpaid annuity counts as paid once the right is restored. */
export function endOrRestore(
  p: Patent,
  kind: EndingKind,
  today: CivilDate,
  next: NextVersion,
): Patent | 'patent-not-in-force' | 'patent-in-force' {
  const inForce = isInForce(statusOn(p, today));
  if (kind === 'restoration') {
    if (inForce) return 'patent-in-force';
    return withEntry({ ...p, ended: null, unpaidFromYear: null }, { ...EVENTS.restoration, on: today, details: {} }, next);
  }
  if (!inForce) return 'patent-not-in-force';
  const ended = { status: ENDINGS[kind], on: today };
  return withEntry({ ...p, ended }, { ...EVENTS[kind], on: today, details: {} }, next);
}

/** New owners, effective on the day of registration (Patent Law art. 10). */
export function transferTo(p: Patent, to: readonly Owner[], filingNo: string, today: CivilDate, next: NextVersion): Patent {
  const details = { filingNo, from: p.owners, to, effectiveOn: today };
  return withEntry({ ...p, owners: to }, { ...EVENTS.transfer, on: today, details }, next);
}

/** The official extract as the world sees it on a day. */
export function extract(p: Patent, today: CivilDate) {
  const { unpaidFromYear: _, ended, encumbrances: __, ...shown } = p;
  const status = statusOn(p, today);
  return {
    ...shown,
    expiryDate: expiryDate(p),
    annuities: annuitiesOn(p, ended && ended.on < today ? ended.on : today),
    status,
    statusName: STATUS_NAMES[status],
    flags: flagsOn(p, today),
    encumbrances: liveEncumbrances(p, today).map(({ releasedOn: ___, ...e }) => e),
    notice: DEMONSTRATION_NOTICE,
  };
}
export type Extract = ReturnType<typeof extract>;
