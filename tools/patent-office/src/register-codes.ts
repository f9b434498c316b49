import type { Words } from '@yuzhi/protocol/declare';
import { z } from 'zod';

/** Every answer of this office says so: nothing in it is about a real patent. */
export const DEMONSTRATION_NOTICE: Words = { zh: '演示数据', en: 'demo data' };

/** Of DOMAIN §7.4 those that a granted patent can have. */
export const LegalStatus = z.enum([
  'GRANTED',
  'GRANTED_LATE_FEE',
  'SUSPENDED',
  'RESTORED',
  'INVALID_PART',
  'LAPSED_FEE',
  'EXPIRED',
  'SURRENDERED',
  'INVALID_FULL',
]);
export type LegalStatus = z.output<typeof LegalStatus>;

export const STATUS_NAMES: Record<LegalStatus, Words> = {
  GRANTED: { zh: '专利权维持', en: 'In force' },
  GRANTED_LATE_FEE: { zh: '专利权维持（年费滞纳期）', en: 'In force, annuity in its grace period' },
  SUSPENDED: { zh: '专利权维持（程序中止）', en: 'In force, formalities suspended' },
  RESTORED: { zh: '专利权维持（权利已恢复）', en: 'In force, restored' },
  INVALID_PART: { zh: '专利权部分维持（宣告部分无效）', en: 'In force in part, partly invalidated' },
  LAPSED_FEE: { zh: '未缴年费终止失效', en: 'Lapsed, annuity not paid' },
  EXPIRED: { zh: '期限届满终止失效', en: 'Expired, end of term' },
  SURRENDERED: { zh: '主动放弃', en: 'Surrendered' },
  INVALID_FULL: { zh: '宣告全部无效', en: 'Declared wholly invalid' },
};

export const EncumbranceKind = z.enum([
  'licence',
  'compulsory-licence',
  'open-licence',
  'pledge',
  'preservation',
  'ownership-dispute',
  'invalidation-request',
]);
export type EncumbranceKind = z.output<typeof EncumbranceKind>;

interface EncumbranceCodes {
  flag: string;
  entered: string;
  removed: string;
  name: Words;
}

/**
 * Two letters and two digits as the Chinese gazette's events are known abroad, where such a code is known; OD, IR, CL
 * and AF are this office's own. They imitate the register, nobody certifies them.
 */
export const ENCUMBRANCES: Record<EncumbranceKind, EncumbranceCodes> = {
  licence: {
    flag: 'LICENSED',
    entered: 'EE01',
    removed: 'EC01',
    name: { zh: '实施许可合同备案', en: 'recorded licence' },
  },
  'compulsory-licence': {
    flag: 'COMPULSORY_LICENSED',
    entered: 'CL01',
    removed: 'CL02',
    name: { zh: '强制许可', en: 'compulsory licence' },
  },
  'open-licence': {
    flag: 'OPEN_LICENSED',
    entered: 'OL01',
    removed: 'OL02',
    name: { zh: '开放许可', en: 'open licence' },
  },
  pledge: { flag: 'PLEDGED', entered: 'PE01', removed: 'PC01', name: { zh: '专利权质押', en: 'pledge' } },
  preservation: {
    flag: 'PRESERVED',
    entered: 'PP01',
    removed: 'PD01',
    name: { zh: '财产保全', en: 'court preservation' },
  },
  'ownership-dispute': {
    flag: 'DISPUTED_OWNERSHIP',
    entered: 'OD01',
    removed: 'OD02',
    name: { zh: '权属纠纷中止', en: 'suspension for an ownership dispute' },
  },
  'invalidation-request': {
    flag: 'INVALIDATION_PENDING',
    entered: 'IR01',
    removed: 'IR02',
    name: { zh: '无效宣告请求', en: 'invalidation request' },
  },
};

/** While one of these stands, no formality goes forward (Implementing Rules 103 and 104). */
export const SUSPENDING: readonly EncumbranceKind[] = ['preservation', 'ownership-dispute'];

export interface Event {
  code: string;
  title: Words;
}

export const entered = (kind: EncumbranceKind): Event => ({
  code: ENCUMBRANCES[kind].entered,
  title: { zh: `${ENCUMBRANCES[kind].name.zh}：登记`, en: `Entered: ${ENCUMBRANCES[kind].name.en}` },
});
export const removed = (kind: EncumbranceKind): Event => ({
  code: ENCUMBRANCES[kind].removed,
  title: { zh: `${ENCUMBRANCES[kind].name.zh}：注销`, en: `Removed: ${ENCUMBRANCES[kind].name.en}` },
});

export const EVENTS = {
  grant: { code: 'GR01', title: { zh: '授权', en: 'Grant' } },
  transfer: { code: 'TR01', title: { zh: '专利权的转移', en: 'Transfer of the patent right' } },
  annuityPaid: { code: 'AF01', title: { zh: '年费缴纳', en: 'Annuity paid' } },
  annuityLate: { code: 'AF02', title: { zh: '年费进入滞纳期', en: 'Annuity in its grace period' } },
  lapse: { code: 'CF01', title: { zh: '未缴年费专利权终止', en: 'Lapse, annuity not paid' } },
  expiry: { code: 'CX01', title: { zh: '专利权有效期届满', en: 'End of the term' } },
  surrender: { code: 'AV01', title: { zh: '专利权的主动放弃', en: 'Surrender' } },
  invalidation: { code: 'IW01', title: { zh: '专利权全部无效', en: 'Declared wholly invalid' } },
  partialInvalidation: { code: 'IP01', title: { zh: '专利权部分无效', en: 'Declared partly invalid' } },
  restoration: { code: 'RR01', title: { zh: '权利恢复', en: 'Restoration' } },
} as const satisfies Record<string, Event>;
