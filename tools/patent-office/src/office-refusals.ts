import type { Refusals } from '@yuzhi/protocol/declare';

const again = { zh: '请稍后以同一案卷号重试。', en: 'Try again later with the same reference.' };
const seeStatus = { zh: '请先查询登记簿上的法律状态。', en: 'Read the legal status on the register first.' };

/** Why the office does not answer what was asked; why it does not register a filing is in grounds.ts. */
export const officeRefusals = {
  'malformed-request': {
    status: 400,
    zh: '请求无法解析。',
    en: 'The request cannot be read.',
    next: { zh: '请检查 JSON 语法、请求头与请求大小。', en: 'Check the JSON syntax, the headers and the size.' },
  },
  'not-found': {
    status: 404,
    zh: '没有此地址。',
    en: 'There is nothing at this address.',
    next: { zh: '请查阅接口说明。', en: 'See the description of the interface.' },
  },
  'not-on-register': {
    status: 404,
    zh: '登记簿上没有该专利。本局为演示替身，只登记流水号 9900000–9999999 的演示专利。',
    en: 'The register has no such patent. This office is a stand-in: it only knows serials 9900000–9999999.',
    next: { zh: '请核对专利号。', en: 'Check the number.' },
  },
  'filing-unknown': {
    status: 404,
    zh: '没有此案卷。',
    en: 'There is no such filing.',
    next: { zh: '请核对案卷编号。', en: 'Check the id of the filing.' },
  },
  'encumbrance-unknown': {
    status: 404,
    zh: '登记簿上没有该项有效登记。',
    en: 'No such encumbrance stands on the register.',
    next: { zh: '请查询该专利的现有登记。', en: 'Read which encumbrances stand.' },
  },
  'reference-used': {
    status: 409,
    zh: '该案卷号已用于内容不同的申请。',
    en: 'The reference was used for another filing.',
    next: { zh: '请更换案卷号。', en: 'Use a new reference for a new filing.' },
  },
  'filing-already-decided': {
    status: 409,
    zh: '该案卷已审结。',
    en: 'The filing has been decided.',
    next: { zh: '如需变更，请另行提出申请。', en: 'File anew for anything further.' },
  },
  'not-registrable': {
    status: 409,
    zh: '该案卷不能予以登记。',
    en: 'The filing cannot be registered.',
    next: { zh: '原因见 reason。', en: 'See `reason`.' },
  },
  'patent-not-in-force': {
    status: 409,
    zh: '该专利权已终止。',
    en: 'The patent is no longer in force.',
    next: seeStatus,
  },
  'patent-not-restorable': {
    status: 409,
    zh: '只有因未缴年费终止的专利权可以恢复。',
    en: 'Only a patent that lapsed for an unpaid annuity can be restored.',
    next: seeStatus,
  },
  'no-annuity-due': {
    status: 409,
    zh: '该专利已无应缴年费。',
    en: 'There is no further annuity to pay.',
    next: seeStatus,
  },
  'not-yet-granted': {
    status: 409,
    zh: '授权日晚于本局当日。',
    en: 'The date of grant is after the office’s today.',
    next: { zh: '请核对授权日与 x-office-now。', en: 'Check the date and `x-office-now`.' },
  },
  'invalid-input': {
    status: 422,
    zh: '提交的内容不符合要求。',
    en: 'What was sent does not fit.',
    next: { zh: '请按 issues 中的提示逐项修改。', en: 'Mend the fields named in `issues`.' },
  },
  'internal-fault': {
    status: 500,
    zh: '本局内部错误。',
    en: 'The office failed on this request.',
    next: again,
    transient: true,
  },
  'office-unavailable': {
    status: 503,
    zh: '本局系统暂停服务，请求未受理。',
    en: 'The office is closed for now; nothing was done.',
    next: again,
    transient: true,
  },
  'office-timeout': {
    status: 503,
    zh: '本局应答超时，请求可能已受理。',
    en: 'The office did not answer in time; the request may have been taken.',
    next: again,
    transient: true,
  },
} as const satisfies Refusals;

export type OfficeRefusal = keyof typeof officeRefusals;

/** Thrown before anything was changed. */
export class Refused extends Error {
  readonly code: OfficeRefusal;
  /** What the answer says beside the catalogue's words. */
  readonly more: Record<string, unknown>;

  constructor(code: OfficeRefusal, more: Record<string, unknown> = {}) {
    super(code);
    this.code = code;
    this.more = more;
  }
}

export function refusalBody(code: OfficeRefusal, more: Record<string, unknown> = {}): Record<string, unknown> {
  const { zh, en, next } = officeRefusals[code];
  return { code, zh, en, next, ...more };
}
