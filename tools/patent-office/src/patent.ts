import { kindOf, type PatentKind } from '@yuzhi/protocol/patent-number';
import { annuityDueOn, annuityFee, expiryDate, graceEndsOn, patentYearOn, termYears } from './annuities.ts';
import { addDays, type CivilDate, later } from './calendar.ts';
import { Refused } from './office-refusals.ts';
import {
  type EncumbranceKind,
  ENCUMBRANCES,
  entered,
  type Event,
  EVENTS,
  type LegalStatus,
  removed,
  STATUS_NAMES,
  SUSPENDING,
} from './register-codes.ts';
import type { Encumbrance, NewPatent, Party, RegisterExtract } from './wire.ts';

/** Owners who pay by themselves do so this long before the day the fee falls due. */
const PAID_DAYS_AHEAD = 15;

/** A patent as the office keeps it. */
export interface Patent extends Omit<NewPatent, 'annuity'> {
  kind: PatentKind;
  expiryDate: CivilDate;
  paidThroughYear: number;
  /** Since when its owner pays each annuity by himself; null when he does not. */
  payingSince: CivilDate | null;
  /** In the six months of grace. */
  isLate: boolean;
  mark: 'RESTORED' | 'INVALID_PART' | null;
  ended: { status: LegalStatus; on: CivilDate } | null;
  /** Those that stand. */
  encumbrances: Encumbrance[];
  /** Those there ever were. */
  encumbranceCount: number;
  /** The sequence number of its newest entry. */
  version: number;
}

export interface Entry extends Event {
  on: CivilDate;
  details: Record<string, unknown>;
}
/** The register changes only so: a patent as it is from now on, and the entry that says why. */
export interface Step {
  patent: Patent;
  entry: Entry;
}

/** Throws Refused when it is granted after `today`. */
export function putOnRegister({ annuity, ...given }: NewPatent, today: CivilDate): Step {
  if (given.grantDate > today) throw new Refused('not-yet-granted');
  const kind = kindOf(given.number);
  const grantYear = patentYearOn(given.filingDate, given.grantDate);
  const patent: Patent = {
    ...given,
    kind,
    expiryDate: expiryDate(kind, given.filingDate),
    // The annuity of the year of grant is paid with the grant.
    paidThroughYear: Math.max(annuity.paidThroughYear, grantYear),
    payingSince: annuity.ownerPays ? given.grantDate : null,
    isLate: false,
    mark: null,
    ended: null,
    encumbrances: [],
    encumbranceCount: 0,
    version: 0,
  };
  return { patent, entry: { ...EVENTS.grant, on: given.grantDate, details: { owners: given.owners } } };
}

export const isEncumbered = (p: Patent, ...kinds: EncumbranceKind[]): boolean =>
  p.encumbrances.some((e) => kinds.includes(e.kind));

export function statusOf(p: Patent): LegalStatus {
  if (p.ended) return p.ended.status;
  if (isEncumbered(p, ...SUSPENDING)) return 'SUSPENDED';
  return p.isLate ? 'GRANTED_LATE_FEE' : (p.mark ?? 'GRANTED');
}

/** The next annuity to pay, if there is one. */
function nextAnnuity(p: Patent): { year: number; dueOn: CivilDate } | null {
  const year = p.paidThroughYear + 1;
  if (p.ended || year > termYears(p.kind, p.filingDate)) return null;
  return { year, dueOn: annuityDueOn(p.filingDate, year) };
}

/** Pays the next annuity. Throws Refused when there is none. */
export function payAnnuity(p: Patent, on: CivilDate): Step {
  if (p.ended) throw new Refused('patent-not-in-force');
  const next = nextAnnuity(p);
  if (!next) throw new Refused('no-annuity-due');
  const { year, dueOn } = next;
  const fee = annuityFee(p.kind, year, { openLicence: isEncumbered(p, 'open-licence'), dueOn, paidOn: on });
  const details = { year, dueOn, paidFen: String(fee.reducedFen), lateFen: String(fee.lateFen) };
  return {
    patent: { ...p, paidThroughYear: year, isLate: false },
    entry: { ...EVENTS.annuityPaid, on, details },
  };
}

/** Ends an encumbrance that stands. Throws Refused when none does under this id. */
export function removeEncumbrance(p: Patent, id: string, on: CivilDate, details: object = {}): Step {
  const found = p.encumbrances.find((e) => e.id === id);
  if (!found) throw new Refused('encumbrance-unknown');
  const encumbrances = p.encumbrances.filter((e) => e !== found);
  return { patent: { ...p, encumbrances }, entry: { ...removed(found.kind), on, details: { id, ...details } } };
}

export type NewEncumbrance = Omit<Encumbrance, 'id' | 'since'>;

export function addEncumbrance(p: Patent, e: NewEncumbrance, on: CivilDate, details: object = {}): Step {
  const encumbranceCount = p.encumbranceCount + 1;
  const added = { ...e, id: `E${encumbranceCount}`, since: on };
  return {
    patent: { ...p, encumbranceCount, encumbrances: [...p.encumbrances, added] },
    entry: { ...entered(e.kind), on, details: { ...added, ...details } },
  };
}

/** New owners from the day of registration on (Patent Law, article 10). What encumbers the patent stays on it. */
export const changeOwners = (p: Patent, owners: Party[], on: CivilDate, details: object): Step => ({
  patent: { ...p, owners },
  entry: { ...EVENTS.transfer, on, details: { from: p.owners, to: owners, ...details } },
});

const ENDINGS = {
  lapse: 'LAPSED_FEE',
  surrender: 'SURRENDERED',
  invalidation: 'INVALID_FULL',
} as const satisfies Record<string, LegalStatus>;

/** Ends the right, or a part of it. Throws Refused when it has ended already. */
export function endRight(p: Patent, act: keyof typeof ENDINGS | 'partial-invalidation', on: CivilDate): Step {
  if (p.ended) throw new Refused('patent-not-in-force');
  if (act === 'partial-invalidation')
    return { patent: { ...p, mark: 'INVALID_PART' }, entry: { ...EVENTS.partialInvalidation, on, details: {} } };
  return { patent: { ...p, ended: { status: ENDINGS[act], on } }, entry: { ...EVENTS[act], on, details: {} } };
}

/** Only after a lapse; what was not paid is paid with it. Throws Refused. */
export function restore(p: Patent, on: CivilDate): Step {
  if (p.ended?.status !== 'LAPSED_FEE') throw new Refused('patent-not-restorable');
  const paidThroughYear = Math.max(p.paidThroughYear, patentYearOn(p.filingDate, on));
  return {
    patent: { ...p, ended: null, isLate: false, mark: 'RESTORED', paidThroughYear, payingSince: on },
    entry: { ...EVENTS.restoration, on, details: { paidThroughYear } },
  };
}

/** What the calendar will do, and on which day. */
export interface Act {
  on: CivilDate;
  step: (on: CivilDate) => Step;
}

function annuityAct(p: Patent): Act | null {
  const next = nextAnnuity(p);
  if (!next) return null;
  const { dueOn } = next;
  if (p.payingSince !== null)
    return { on: later(addDays(dueOn, -PAID_DAYS_AHEAD), p.payingSince), step: (on) => payAnnuity(p, on) };
  if (!p.isLate)
    return {
      on: addDays(dueOn, 1),
      step: (on) => ({ patent: { ...p, isLate: true }, entry: { ...EVENTS.annuityLate, on, details: next } }),
    };
  return {
    on: addDays(graceEndsOn(dueOn), 1),
    // The right ended on the day the annuity was due, not when the six months were over (rule 115).
    step: (on) => ({
      patent: { ...p, isLate: false, ended: { status: 'LAPSED_FEE', on: dueOn } },
      entry: { ...EVENTS.lapse, on, details: { effectiveOn: dueOn } },
    }),
  };
}

const expiry = (p: Patent): Act => ({
  on: p.expiryDate,
  step: (on) => ({
    patent: { ...p, ended: { status: 'EXPIRED', on } },
    entry: { ...EVENTS.expiry, on, details: {} },
  }),
});

/** The earliest thing the calendar will do to a patent if nobody does anything else; each makes the next one later. */
export function nextAct(p: Patent): Act | null {
  const endings = p.encumbrances
    .filter((e) => e.until !== null)
    .map((e): Act => ({ on: later(addDays(e.until!, 1), e.since), step: (on) => removeEncumbrance(p, e.id, on) }));
  const acts = [...endings, ...(p.ended ? [] : [expiry(p)]), annuityAct(p)].filter((act) => act !== null);
  return acts.reduce<Act | null>((first, act) => (first && first.on <= act.on ? first : act), null);
}

/** The official extract. */
export function extractOf(p: Patent): RegisterExtract {
  const { isLate: _, mark: __, payingSince: ___, encumbranceCount: ____, ended, paidThroughYear, ...shown } = p;
  const status = statusOf(p);
  const next = nextAnnuity(p);
  const fee =
    next && annuityFee(p.kind, next.year, { openLicence: isEncumbered(p, 'open-licence'), ...paidInTime(next.dueOn) });
  return {
    ...shown,
    status,
    statusName: STATUS_NAMES[status],
    inForce: ended === null,
    endedOn: ended?.on ?? null,
    flags: [...new Set(p.encumbrances.map((e) => ENCUMBRANCES[e.kind].flag))],
    annuity: {
      paidThroughYear,
      next: next && {
        ...next,
        graceEndsOn: graceEndsOn(next.dueOn),
        fullFen: String(fee!.fullFen),
        reducedFen: String(fee!.reducedFen),
      },
    },
    demo: true,
  };
}

const paidInTime = (dueOn: CivilDate) => ({ dueOn, paidOn: dueOn });
