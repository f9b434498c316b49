import { addMonths, addWorkingDays, type CivilDate } from './calendar.ts';
import { groundAgainst } from './grounds.ts';
import { addEncumbrance, changeOwners, type Patent, removeEncumbrance, type Step } from './patent.ts';
import type { FilingProgress, NewFiling, Reason } from './wire.ts';
import type { Words } from '@yuzhi/protocol/declare';
import type { z } from 'zod';

/** What was filed, and what came of it. */
export type Filing = NewFiling & z.output<typeof FilingProgress>;

/** Months in which a defective filing may be filed again, mended. */
const REFILING_MONTHS = 2;

const CERTIFICATES: Record<Filing['kind'], Words> = {
  transfer: { zh: '手续合格通知书', en: 'Notice that the formalities are in order' },
  licence: { zh: '专利实施许可合同备案通知书', en: 'Notice of the recordal of a licence contract' },
  pledge: { zh: '专利权质押登记通知书', en: 'Notice of the registration of a pledge' },
  cancellation: { zh: '登记注销通知书', en: 'Notice of cancellation' },
};

/** Takes a filing in: it is examined after half of the office's working days, and registered after all of them. */
export function acceptFiling(given: NewFiling, id: string, today: CivilDate, delayDays: number): Filing {
  return {
    ...given,
    id,
    state: 'accepted',
    filedOn: today,
    examinationOn: addWorkingDays(today, Math.ceil(delayDays / 2)),
    registrationOn: addWorkingDays(today, delayDays),
    examinedOn: null,
    registeredOn: null,
    certificate: null,
    decidedOn: null,
    reason: null,
    refileBy: null,
  };
}

export const isDecided = (f: Filing): boolean => f.state !== 'accepted' && f.state !== 'examined';

/** The day on which the office will take the filing up again. */
export function nextDayOf(f: Filing): CivilDate | null {
  if (isDecided(f)) return null;
  return f.state === 'accepted' ? f.examinationOn : f.registrationOn;
}

export function turnDown(f: Filing, state: 'defective' | 'refused', reason: Reason, on: CivilDate): Filing {
  const refileBy = state === 'defective' ? addMonths(on, REFILING_MONTHS) : null;
  return { ...f, state, decidedOn: on, reason, refileBy };
}

function effect(f: Filing, patent: Patent, on: CivilDate): Step {
  const details = { filingId: f.id, reference: f.reference, contractSha256: f.contractSha256 };
  if (f.kind === 'transfer') return changeOwners(patent, f.to, on, details);
  if (f.kind === 'cancellation') return removeEncumbrance(patent, f.encumbranceId, on, details);
  const licenceKind = f.kind === 'licence' ? f.licenceKind : null;
  return addEncumbrance(patent, { kind: f.kind, licenceKind, holder: f.to[0]!, until: f.until }, on, details);
}

export interface Outcome {
  filing: Filing;
  /** What the register enters, when it is registered. */
  step?: Step;
}

/** Registers it today, unless a ground stands against it today. */
export function register(f: Filing, patent: Patent, on: CivilDate): Outcome {
  const ground = groundAgainst(f, patent);
  if (ground) return { filing: turnDown(f, ground.state, ground.reason, on) };
  const certificate = { number: f.id, title: CERTIFICATES[f.kind], issuedOn: on };
  const examinedOn = f.examinedOn ?? on;
  return {
    filing: { ...f, state: 'registered', examinedOn, registeredOn: on, decidedOn: on, certificate },
    step: effect(f, patent, on),
  };
}

/** What the office does with it on its day: examines it, later registers it. */
export function proceed(f: Filing, patent: Patent, on: CivilDate): Outcome {
  if (f.state === 'examined') return register(f, patent, on);
  const ground = groundAgainst(f, patent);
  return {
    filing: ground ? turnDown(f, ground.state, ground.reason, on) : { ...f, state: 'examined', examinedOn: on },
  };
}
