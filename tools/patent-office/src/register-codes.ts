/** Every sentence the register shows, in both languages a person may read it in. */
export type Bilingual = { zh: string; en: string };

export const DEMONSTRATION_NOTICE = '演示数据';

export type LegalStatus =
  | 'GRANTED'
  | 'GRANTED_LATE_FEE'
  | 'LAPSED_FEE'
  | 'EXPIRED'
  | 'SURRENDERED'
  | 'INVALID_FULL';

export const STATUS_NAMES: Record<LegalStatus, Bilingual> = {
  GRANTED: { zh: '专利权维持', en: 'In force' },
  GRANTED_LATE_FEE: { zh: '专利权维持（年费滞纳期）', en: 'In force, annuity in its grace period' },
  LAPSED_FEE: { zh: '未缴年费终止失效', en: 'Lapsed, annuity not paid' },
  EXPIRED: { zh: '期限届满终止失效', en: 'Expired, end of term' },
  SURRENDERED: { zh: '主动放弃', en: 'Surrendered' },
  INVALID_FULL: { zh: '宣告全部无效', en: 'Declared wholly invalid' },
};

export const ENCUMBRANCE_KINDS = [
  'pledge',
  'preservation',
  'licence',
  'open-licence',
  'ownership-dispute',
  'invalidation-request',
] as const;
export type EncumbranceKind = (typeof ENCUMBRANCE_KINDS)[number];

export const ENDING_KINDS = ['lapse', 'surrender', 'invalidation', 'restoration'] as const;
export type EndingKind = (typeof ENDING_KINDS)[number];

type EncumbranceCodes = { flag: string; enter: string; leave: string; name: Bilingual };

/**
 * Two letters and two digits where the Chinese gazette has such a code as published through INPADOC; the office's own
 * four-letter-or-digit codes (OD.., IR..) where none is known. They imitate the register, they are not certified by it.
 */
export const ENCUMBRANCES: Record<EncumbranceKind, EncumbranceCodes> = {
  pledge: { flag: 'PLEDGED', enter: 'PE01', leave: 'PC01', name: { zh: '专利权质押', en: 'pledge' } },
  preservation: { flag: 'PRESERVED', enter: 'PP01', leave: 'PD01', name: { zh: '财产保全', en: 'court preservation' } },
  licence: { flag: 'LICENSED', enter: 'EE01', leave: 'EC01', name: { zh: '实施许可合同备案', en: 'recorded licence' } },
  'open-licence': { flag: 'OPEN_LICENSED', enter: 'OL01', leave: 'OL02', name: { zh: '开放许可', en: 'open licence' } },
  'ownership-dispute': {
    flag: 'DISPUTED_OWNERSHIP',
    enter: 'OD01',
    leave: 'OD02',
    name: { zh: '权属纠纷中止', en: 'suspension for an ownership dispute' },
  },
  'invalidation-request': {
    flag: 'INVALIDATION_PENDING',
    enter: 'IR01',
    leave: 'IR02',
    name: { zh: '无效宣告请求', en: 'invalidation request' },
  },
};

export const entered = (kind: EncumbranceKind): { code: string; title: Bilingual } => ({
  code: ENCUMBRANCES[kind].enter,
  title: { zh: `${ENCUMBRANCES[kind].name.zh}：登记`, en: `Entered: ${ENCUMBRANCES[kind].name.en}` },
});
export const left = (kind: EncumbranceKind): { code: string; title: Bilingual } => ({
  code: ENCUMBRANCES[kind].leave,
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
  restoration: { code: 'RR01', title: { zh: '权利恢复', en: 'Restoration' } },
} as const satisfies Record<string, { code: string; title: Bilingual }>;
