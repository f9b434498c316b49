import { z } from 'zod';
import { command, event, query, refusal, refusing } from './declare.ts';
import { PatentKind, PatentNumber } from './patent-number.ts';
import { CivilDate, Id, Instant, lineOfRecord, page, pagingBy, PartyId, SaleId, Sha256 } from './scalars.ts';

/** DOMAIN 7.4. */
export const LegalStatus = z
  .enum([
    'GRANTED',
    'GRANTED_LATE_FEE',
    'LAPSED_FEE',
    'EXPIRED',
    'SURRENDERED',
    'INVALID_FULL',
    'INVALID_PART',
    'RESTORED',
    'SUSPENDED',
  ])
  .meta({ id: 'LegalStatus' });
const Owner = z.object({
  /** USCC or person id; null for an owner who is unknown to the platform. */
  party: PartyId.nullable(),
  name: lineOfRecord(120),
  shareBps: z.int().min(0).max(10_000),
});
const Inventor = z.object({ name: lineOfRecord(100), person: Id.nullable() });
const Encumbrance = z.object({
  id: z.string().max(60),
  kind: z.enum(['ordinary-licence', 'sole-licence', 'exclusive-licence', 'open-licence', 'pledge', 'preservation']),
  holder: lineOfRecord(120).nullable(),
  since: CivilDate,
  until: CivilDate.nullable(),
});
/** What the official register shows of a patent, as the mirror last read it. */
export const RegisterEntry = z
  .object({
    patentNumber: PatentNumber,
    kind: PatentKind,
    title: z.object({ zh: lineOfRecord(200), en: lineOfRecord(300) }),
    abstract: z.string().max(4000),
    ipc: z.array(z.string().max(30)).max(50),
    filingDate: CivilDate,
    grantDate: CivilDate,
    expiresOn: CivilDate,
    owners: z.array(Owner).min(1).max(20),
    inventors: z.array(Inventor).max(50),
    status: LegalStatus,
    annuity: z.object({ paidThroughYear: z.int(), nextDueOn: CivilDate.nullable(), late: z.boolean() }),
    encumbrances: z.array(Encumbrance).max(200),
    /** Rises with every change on the official register. */
    officeVersion: z.int().min(0),
    /** 演示数据: an invented patent. */
    demo: z.boolean(),
  })
  .meta({ id: 'RegisterEntry' });

export const registerRefusals = {
  'patent-already-mirrored': refusal(
    409,
    ['该专利已在登记簿镜像中。', 'The patent is in the mirror already.'],
    ['可直接查看该专利。', 'Read it directly.'],
  ),
  'patent-unknown': refusal(
    404,
    ['登记簿镜像中没有该专利。', 'The patent is not in the mirror of the register.'],
    ['请先按专利号导入。', 'Import it by its number first.'],
  ),
  'patent-reserved': refusal(
    409,
    ['该专利已被另一笔交易占用。', 'Another sale holds this patent.'],
    ['请等待该交易结束。', 'Wait until that sale has ended.'],
  ),
  'seller-not-owner': refusal(
    409,
    ['登记簿显示的权利人不是转让方。', 'The register shows another owner.'],
    ['请核对权属，或先办理变更登记。', 'Check the ownership, or have the change registered first.'],
  ),
  'co-owner-consent-missing': refusal(
    409,
    ['该专利为共有，转让须经全体共有人同意。', 'The patent is co-owned; all co-owners must act (art. 14).'],
    ['请由全体共有人共同办理。', 'Have all co-owners act together.'],
  ),
  'patent-not-in-force': refusal(
    409,
    ['该专利权未处于有效状态。', 'The patent is not in force.'],
    ['请核对法律状态。', 'Check its legal status.'],
  ),
  'annuity-unpaid': refusal(
    409,
    ['该专利年费处于滞纳期。', 'An annuity of this patent is overdue.'],
    ['请先缴清年费与滞纳金。', 'Pay the annuity and the late fee first.'],
  ),
  'patent-pledged': refusal(
    409,
    ['该专利已出质，须质权人同意。', 'The patent is pledged; the pledgee must consent.'],
    ['请先取得质权人同意并解除质押。', 'Obtain consent and have the pledge released.'],
  ),
  'patent-preserved': refusal(
    409,
    ['该专利被司法保全或权属中止。', 'The patent is under court preservation or suspended.'],
    ['请待保全解除。', 'Wait until it is lifted.'],
  ),
};
const r = registerRefusals;
const obstacles = [
  'seller-not-owner',
  'co-owner-consent-missing',
  'patent-not-in-force',
  'annuity-unpaid',
  'patent-pledged',
  'patent-preserved',
] as const;

export const importPatent = command('register.patent.import.v1', {
  route: 'POST /v1/patents',
  summary: { zh: '按专利号导入登记簿镜像', en: 'Import a patent into the mirror by its number' },
  key: 'patentNumber',
  keyType: PatentNumber,
  data: z.object({ patentNumber: PatentNumber }),
  answer: z.object({ patentNumber: z.string() }),
  permission: ['holder', 'desk'],
  rejections: refusing(r, 'patent-already-mirrored'),
});
/** Sent by register itself: what the office answered, or that it does not know the number. */
export const mirrorPatent = command('register.patent.mirror.v1', {
  summary: { zh: '写入登记簿镜像', en: 'Mirror what the office shows' },
  key: 'patentNumber',
  keyType: PatentNumber,
  data: z.object({ patentNumber: PatentNumber, entry: RegisterEntry.nullable() }),
  answer: z.object({}),
  permission: ['service'],
  rejections: {},
});
/** Sent by register itself: the official register may have changed, the mirror reads it again. */
export const refreshPatent = command('register.patent.refresh.v1', {
  summary: { zh: '重新读取登记簿', en: 'Read the register again' },
  key: 'patentNumber',
  keyType: PatentNumber,
  data: z.object({ patentNumber: PatentNumber }),
  answer: z.object({}),
  permission: ['service'],
  rejections: {},
});
/** Takes the lock on a patent for one sale; never expired by a timer. Again for the same sale: accepted. */
export const reservePatent = command('register.patent.reserve.v1', {
  summary: { zh: '为交易保留专利', en: 'Reserve a patent for a sale' },
  key: 'patentNumber',
  keyType: PatentNumber,
  data: z.object({ patentNumber: PatentNumber, saleId: SaleId, seller: PartyId, purpose: z.enum(['transfer']) }),
  answer: RegisterEntry,
  permission: ['service'],
  askedBy: ['listings'],
  rejections: refusing(r, 'patent-reserved', 'patent-unknown', ...obstacles),
});
/** Whether nothing came in between, for the sale that holds the patent: before signing and before filing. */
export const confirmPatent = command('register.patent.confirm.v1', {
  summary: { zh: '核对保留与权利状态', en: 'Confirm a reservation and the state of the right' },
  key: 'patentNumber',
  keyType: PatentNumber,
  data: z.object({ patentNumber: PatentNumber, saleId: SaleId, seller: PartyId }),
  answer: RegisterEntry,
  permission: ['service'],
  askedBy: ['contracts'],
  rejections: refusing(r, ...obstacles),
});
/** Gives the lock back; accepted also when nothing is held for this sale. */
export const releasePatent = command('register.patent.release.v1', {
  summary: { zh: '释放专利保留', en: 'Release the reservation of a sale' },
  key: 'patentNumber',
  keyType: PatentNumber,
  data: z.object({ patentNumber: PatentNumber, saleId: SaleId }),
  answer: z.object({}),
  permission: ['service'],
  askedBy: ['listings'],
  rejections: {},
});
/** One filing per sale: asked again, it is the same. */
export const openFiling = command('register.filing.open.v1', {
  summary: { zh: '提交转让登记', en: 'File a transfer with the office' },
  key: 'saleId',
  keyType: SaleId,
  data: z.object({
    saleId: SaleId,
    patentNumber: PatentNumber,
    from: PartyId,
    to: PartyId,
    contractHash: Sha256,
    contractSignedAt: Instant,
  }),
  answer: z.object({ saleId: SaleId }),
  permission: ['service'],
  askedBy: ['contracts'],
  rejections: {},
});
/** Sent by register itself: what the office said about a filing. */
export const recordFiling = command('register.filing.record.v1', {
  summary: { zh: '记录登记进度', en: 'Record what the office said' },
  key: 'saleId',
  keyType: SaleId,
  data: z.object({
    saleId: SaleId,
    state: z.enum(['accepted', 'examined', 'registered', 'defective', 'refused']),
    officeReference: z.string().max(80),
    registeredOn: CivilDate.nullable(),
    noticeNumber: z.string().max(80).nullable(),
    /** Whom the register shows as the only owner once it is registered; null: several, or nobody we know. */
    owner: PartyId.nullable(),
    reason: z.string().max(300).nullable(),
  }),
  answer: z.object({}),
  permission: ['service'],
  rejections: {},
});
export const wakeFiling = command('register.filing.wake.v1', {
  summary: { zh: '查询登记进度的时点已到', en: 'Time to ask the office again' },
  key: 'saleId',
  keyType: SaleId,
  data: z.object({}),
  answer: z.object({}),
  permission: ['service'],
  rejections: {},
});

export const patentMirrored = event('register.patent.mirrored.v1', {
  key: 'patentNumber',
  data: z.object({ patentNumber: z.string(), title: lineOfRecord(200), status: LegalStatus, officeVersion: z.int() }),
  sentence: {
    zh: '专利 {patentNumber} 的登记簿信息已更新。',
    en: 'The mirror of {patentNumber} was brought up to date.',
  },
  audience: 'public',
});
export const ownerChanged = event('register.patent.owner-changed.v1', {
  key: 'patentNumber',
  data: z.object({ patentNumber: z.string(), owners: z.array(Owner) }),
  sentence: {
    zh: '登记簿显示专利 {patentNumber} 的权利人已变更。',
    en: 'The register shows a new owner of {patentNumber}.',
  },
  audience: 'public',
});
export const filingSubmitted = event('register.filing.submitted.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, patentNumber: z.string(), officeReference: z.string() }),
  sentence: {
    zh: '转让登记已提交国家知识产权局，受理号 {officeReference}。',
    en: 'The transfer was filed with the office under {officeReference}.',
  },
  audience: 'parties',
});
export const filingRegistered = event('register.filing.registered.v1', {
  key: 'saleId',
  data: z.object({
    saleId: SaleId,
    patentNumber: z.string(),
    /** Whom the register shows, not whom we filed for; null: several, or nobody we know. */
    owner: PartyId.nullable(),
    registeredOn: CivilDate,
    noticeNumber: z.string(),
  }),
  sentence: {
    zh: '转让已于 {registeredOn} 登记生效，手续合格通知书 {noticeNumber}。',
    en: 'The transfer was registered on {registeredOn}, notice {noticeNumber}.',
  },
  audience: 'public',
});
/** Told once, when the office has not decided by the day on which it should have. */
export const filingOverdue = event('register.filing.overdue.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, patentNumber: z.string(), dueAt: Instant }),
  sentence: {
    zh: '登记逾期未决：应于 {dueAt:time} 前办结。',
    en: 'The office has not decided; it should have by {dueAt:time}.',
  },
  audience: 'parties',
});
export const filingRefused = event('register.filing.refused.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, patentNumber: z.string(), reason: z.string() }),
  sentence: { zh: '登记申请未获通过：{reason}', en: 'The filing was refused: {reason}' },
  audience: 'parties',
});

export const PatentView = z
  .object({
    patentNumber: z.string(),
    /** `requested`: asked of the office; `not-on-register`: the office does not know it. */
    state: z.enum(['requested', 'mirrored', 'not-on-register']),
    entry: RegisterEntry.nullable(),
    mirroredAt: Instant.nullable(),
    reservedBy: SaleId.nullable(),
    version: z.int(),
  })
  .meta({ id: 'Patent' });
export const getPatent = query('register.patent.get.v1', {
  route: 'GET /v1/patents/:patentNumber',
  summary: { zh: '专利详情', en: 'Read a patent' },
  permission: 'anyone',
  params: z.object({ patentNumber: PatentNumber }),
  answer: PatentView,
});
export const listPatents = query('register.patent.list.v1', {
  route: 'GET /v1/patents',
  summary: { zh: '专利检索', en: 'Search patents' },
  permission: 'anyone',
  params: z.object({
    ...pagingBy('[0-9]{8,12}[.][0-9X]'),
    q: z.string().max(100).optional(),
    owner: PartyId.optional(),
  }),
  answer: page(PatentView),
});
export const getFiling = query('register.filing.get.v1', {
  route: 'GET /v1/filings/:saleId',
  summary: { zh: '登记进度', en: 'Progress of a filing' },
  permission: 'person',
  params: z.object({ saleId: SaleId }),
  answer: z.object({
    saleId: SaleId,
    patentNumber: z.string(),
    state: z.enum(['opened', 'accepted', 'examined', 'registered', 'defective', 'refused']),
    officeReference: z.string().nullable(),
    openedAt: Instant,
    /** The office should decide by then, as the rulebook expects. */
    dueAt: Instant,
    /** Since when it is late; null while it is not, and once it has decided. */
    overdueSince: Instant.nullable(),
    registeredOn: CivilDate.nullable(),
    noticeNumber: z.string().nullable(),
    reason: z.string().nullable(),
    /** 演示: answered by the simulated office. */
    demo: z.boolean(),
  }),
});
