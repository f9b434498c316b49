import type { Words } from '@yuzhi/protocol/declare';
import { SUSPENDING } from './register-codes.ts';
import { isEncumbered, type Patent } from './patent.ts';
import type { NewFiling, Party, Reason } from './wire.ts';

/** `defective`: the applicant can mend it and file again. `refused`: the register does not allow it. */
interface Ground extends Words {
  state: 'defective' | 'refused';
  /** Whether it stands against this filing for this patent. */
  stands: (f: NewFiling, p: Patent) => boolean;
}

const keyOf = (parties: readonly Party[]) =>
  parties
    .map(({ party }) => party)
    .toSorted()
    .join();
const licences = (p: Patent) => p.encumbrances.flatMap((e) => e.licenceKind ?? []);

/** What a licence already recorded keeps from being recorded beside it (DOMAIN §2.4, conflict matrix). */
function licenceConflicts(f: NewFiling, p: Patent): boolean {
  if (f.kind !== 'licence') return false;
  if (f.licenceKind === 'ordinary') return licences(p).some((kind) => kind !== 'ordinary');
  return licences(p).length > 0 || isEncumbered(p, 'open-licence');
}

/** In the order in which they are looked at. */
export const grounds = {
  'right-ended': {
    state: 'refused',
    zh: '专利权已终止。',
    en: 'The patent is no longer in force.',
    stands: (f, p) => p.ended !== null && f.kind !== 'cancellation',
  },
  'formalities-suspended': {
    state: 'refused',
    zh: '专利权处于财产保全或权属纠纷中止期间。',
    en: 'The patent is preserved by a court, or suspended for an ownership dispute.',
    stands: (_, p) => isEncumbered(p, ...SUSPENDING),
  },
  'owners-differ': {
    state: 'defective',
    zh: '合同所列权利人与登记簿不一致；共有专利须全体共有人办理。',
    en: 'The owners in the contract are not those on the register; of a co-owned patent all must act.',
    stands: (f, p) => keyOf(f.from) !== keyOf(p.owners),
  },
  'annuity-late': {
    state: 'refused',
    zh: '年费处于滞纳期，不予备案或登记。',
    en: 'The annuity is in its grace period: no licence or pledge is recorded.',
    stands: (f, p) => p.isLate && (f.kind === 'licence' || f.kind === 'pledge'),
  },
  'already-pledged': {
    state: 'refused',
    zh: '专利权已办理质押登记。',
    en: 'A pledge is already registered.',
    stands: (f, p) => f.kind === 'pledge' && isEncumbered(p, 'pledge'),
  },
  'pledgee-consent-missing': {
    state: 'defective',
    zh: '专利权已质押，缺少质权人书面同意。',
    en: 'The patent is pledged, and the pledgee’s written consent is missing.',
    stands: (f, p) =>
      (f.kind === 'transfer' || f.kind === 'licence') && f.pledgeeConsentSha256 === null && isEncumbered(p, 'pledge'),
  },
  'term-exceeds-patent': {
    state: 'defective',
    zh: '合同期限超过专利权期限。',
    en: 'The contract runs longer than the patent.',
    stands: (f, p) => (f.kind === 'licence' || f.kind === 'pledge') && f.until !== null && f.until >= p.expiryDate,
  },
  'licence-conflicts': {
    state: 'refused',
    zh: '与已备案的许可或开放许可冲突。',
    en: 'A licence already recorded, or an open licence, stands against it.',
    stands: licenceConflicts,
  },
  'nothing-to-cancel': {
    state: 'defective',
    zh: '登记簿上没有该项有效的许可备案或质押登记。',
    en: 'No such recorded licence or registered pledge stands on the register.',
    stands: (f, p) =>
      f.kind === 'cancellation' &&
      !p.encumbrances.some((e) => e.id === f.encumbranceId && (e.kind === 'licence' || e.kind === 'pledge')),
  },
} as const satisfies Record<string, Ground>;

/** When whoever decides at the office gives no reason. */
export const examinersDecision: Reason = {
  code: 'examiners-decision',
  zh: '审查员审查决定。',
  en: 'Decided by the examiner.',
};

/** The first ground that stands against a filing on the day it is asked. */
export function groundAgainst(f: NewFiling, p: Patent): { state: Ground['state']; reason: Reason } | undefined {
  const found = Object.entries<Ground>(grounds).find(([, ground]) => ground.stands(f, p));
  if (!found) return undefined;
  const [code, { state, zh, en }] = found;
  return { state, reason: { code, zh, en } };
}
