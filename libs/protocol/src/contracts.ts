import { z } from 'zod';
import { command, download, event, query, refusal, refusing, upload } from './declare.ts';
import { InventorReward } from './listings.ts';
import { RegisterEntry } from './register.ts';
import { CivilDate, Fen, Id, Instant, line, page, paging, PartyId, SaleId, Sha256 } from './scalars.ts';

const saleId = { key: 'saleId', keyType: SaleId } as const;
const nothing = z.object({});

export const contractsRefusals = {
  'deal-not-found': refusal(404, ['没有该合同。', 'There is no such deal.'], ['请核对编号。', 'Check the sale id.']),
  'not-a-party': refusal(
    403,
    ['您不是该合同的当事人。', 'You are no party to this contract.'],
    ['请切换机构。', 'Act for one of the parties.'],
  ),
  'contract-not-signable': refusal(
    409,
    ['合同当前不可签署。', 'The contract cannot be signed now.'],
    ['请查看合同进度。', 'See how far the deal is.'],
  ),
  'contract-already-signed': refusal(
    409,
    ['贵方已签署。', 'Your side has signed already.'],
    ['请等待对方签署。', 'Wait for the other side.'],
  ),
  'content-hash-differs': refusal(
    409,
    ['所确认的内容与当前合同不一致。', 'What you confirmed is not the present contract.'],
    ['请重新下载并核对合同。', 'Download the contract again and check it.'],
  ),
  'not-a-pdf': refusal(
    422,
    ['文件不是 PDF。', 'The file is no PDF.'],
    ['请上传合同 PDF。', 'Upload the PDF of the contract.'],
  ),
};
const r = contractsRefusals;

/** Sent by contracts itself from listings' `confirmed`. */
export const openDeal = command('contracts.deal.open.v1', {
  summary: { zh: '建立交易', en: 'Open a deal' },
  ...saleId,
  data: z.object({
    saleId: SaleId,
    patentNumber: z.string(),
    seller: PartyId,
    buyer: PartyId,
    priceFen: Fen,
    depositFen: Fen,
    reward: InventorReward,
    entry: RegisterEntry,
  }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
/** Sent by contracts itself: the document was made from its template. */
export const recordDocument = command('contracts.deal.record-document.v1', {
  summary: { zh: '合同文本已生成', en: 'The contract was drawn up' },
  ...saleId,
  data: z.object({ saleId: SaleId, contentHash: Sha256, fileHash: Sha256, templateVersion: z.int() }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
export const signContract = command('contracts.deal.sign.v1', {
  route: 'POST /v1/deals/:saleId/signatures',
  summary: { zh: '签署合同', en: 'Sign the contract' },
  ...saleId,
  data: z.object({ contentHash: Sha256, consent: z.literal(true) }),
  answer: z.object({ side: z.enum(['seller', 'buyer']) }),
  permission: ['signatory'],
  rejections: refusing(
    r,
    'deal-not-found',
    'not-a-party',
    'contract-not-signable',
    'contract-already-signed',
    'content-hash-differs',
  ),
});
/** Sent by contracts itself: the provider signed for a side. */
export const recordSignature = command('contracts.deal.record-signature.v1', {
  summary: { zh: '签名已记录', en: 'A signature was made' },
  ...saleId,
  data: z.object({
    saleId: SaleId,
    side: z.enum(['seller', 'buyer']),
    signature: z.object({
      certificatePem: z.string().max(8000),
      signature: z.string().max(2000),
      algorithm: z.string().max(60),
      at: Instant,
      signerName: line(60),
      partyName: line(120),
      consentAt: Instant,
      consentEvidence: z.string().max(120),
    }),
  }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
/** Sent by contracts itself: one sealed PDF that verifies. */
export const recordSeal = command('contracts.deal.record-seal.v1', {
  summary: { zh: '合同已封存', en: 'The contract was sealed' },
  ...saleId,
  data: z.object({ saleId: SaleId, fileHash: Sha256 }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
/** Sent by contracts itself from escrow's `funded`, `registered` and `settled`, and register's `refused`. */
export const noteProgress = command('contracts.deal.note-progress.v1', {
  summary: { zh: '交易进展', en: 'The deal moved on' },
  ...saleId,
  data: z.object({
    saleId: SaleId,
    what: z.enum(['funded', 'registered', 'registered-to-another', 'filing-refused', 'settled']),
    registeredOn: CivilDate.nullable(),
    reason: z.string().max(300).nullable(),
  }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
export const wakeDeal = command('contracts.deal.wake.v1', {
  summary: { zh: '交易时点已到', en: 'A deadline of the deal has passed' },
  ...saleId,
  data: nothing,
  answer: nothing,
  permission: ['service'],
  rejections: {},
});

const between = { saleId: SaleId, seller: PartyId, buyer: PartyId };
export const dealOpened = event('contracts.deal.opened.v1', {
  key: 'saleId',
  data: z.object({ ...between, payees: z.array(PartyId), priceFen: Fen, patentNumber: z.string() }),
  sentence: { zh: '交易建立，开始拟定合同。', en: 'The deal was opened; the contract is being drawn up.' },
  audience: 'parties',
});
export const contractOffered = event('contracts.deal.contract-offered.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, contentHash: Sha256, signBy: Instant }),
  sentence: { zh: '合同待签，内容摘要 {contentHash}。', en: 'The contract is ready to sign, digest {contentHash}.' },
  audience: 'parties',
});
export const contractSigned = event('contracts.deal.signed.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, party: PartyId, side: z.enum(['seller', 'buyer']) }),
  sentence: { zh: '{party:party} 已签署合同。', en: '{party:party} signed the contract.' },
  audience: 'parties',
});
export const dealEffective = event('contracts.deal.effective.v1', {
  key: 'saleId',
  data: z.object({ ...between, contentHash: Sha256, fileHash: Sha256, effectiveAt: Instant }),
  sentence: { zh: '合同生效并封存。', en: 'The contract took effect and was sealed.' },
  audience: 'parties',
});
export const dealStuck = event('contracts.deal.stuck.v1', {
  key: 'saleId',
  /** `at` is the state it is stuck in, `reason` a code; the sentences say it to people. */
  data: z.object({ saleId: SaleId, at: z.string(), reason: z.string(), reasonZh: z.string(), reasonEn: z.string() }),
  sentence: { zh: '交易受阻：{reasonZh}', en: 'The deal is stuck: {reasonEn}' },
  audience: 'parties',
});
export const dealClosed = event('contracts.deal.closed.v1', {
  key: 'saleId',
  data: z.object({ ...between, patentNumber: z.string(), priceFen: Fen }),
  sentence: { zh: '交易完成结清。', en: 'The deal is closed.' },
  audience: 'public',
});

export const DealState = z
  .enum([
    'confirming',
    'drafting',
    'signing',
    'sealing',
    'expecting',
    'paying',
    'filing',
    'registering',
    'releasing',
    'paying-out',
    'closed',
  ])
  .meta({ id: 'DealState' });
export const DealView = z
  .object({
    saleId: SaleId,
    state: DealState,
    /** Why it does not go on, as a code and in words; it goes on by itself when what it waits for comes late. */
    stuck: z.object({ reason: z.string(), zh: z.string(), en: z.string(), since: Instant }).nullable(),
    seller: PartyId,
    buyer: PartyId,
    patentNumber: z.string(),
    title: z.object({ zh: z.string(), en: z.string() }),
    priceFen: Fen,
    /** The price in capital characters, as the contract states it. */
    priceCapital: z.string(),
    depositFen: Fen,
    orderId: Id.nullable(),
    contract: z.object({ contentHash: Sha256, fileHash: Sha256, templateVersion: z.int(), signBy: Instant }).nullable(),
    signatures: z.array(z.object({ side: z.enum(['seller', 'buyer']), party: PartyId, name: z.string(), at: Instant })),
    /** What must be said about these signatures; null where they are reliable in the sense of the law. */
    signatureNotice: z.object({ zh: z.string(), en: z.string() }).nullable(),
    sealedHash: Sha256.nullable(),
    deadlineAt: Instant.nullable(),
    deadlineProvisional: z.boolean(),
    registeredOn: CivilDate.nullable(),
    rulebookVersion: z.string(),
    demo: z.boolean(),
    version: z.int(),
  })
  .meta({ id: 'Deal' });
export const getDeal = query('contracts.deal.get.v1', {
  route: 'GET /v1/deals/:saleId',
  summary: { zh: '交易与合同', en: 'Read a deal' },
  permission: 'person',
  params: z.object({ saleId: SaleId }),
  answer: DealView,
});
export const listDeals = query('contracts.deal.list.v1', {
  route: 'GET /v1/deals',
  summary: { zh: '我的交易', en: 'My deals; the desk sees all' },
  permission: 'person',
  params: z.object({ ...paging, stuck: z.enum(['true', 'false']).optional() }),
  answer: page(DealView),
});
export const contractPdf = download('contracts.deal.pdf.v1', {
  route: 'GET /v1/deals/:saleId/contract.pdf',
  summary: { zh: '合同 PDF（签署完毕后为封存版）', en: 'The contract as PDF; sealed once both have signed' },
  permission: 'person',
  params: z.object({ saleId: SaleId }),
  mediaType: 'application/pdf',
});
export const verifyContract = upload('contracts.deal.verify.v1', {
  route: 'POST /v1/contracts/verifications',
  summary: { zh: '核验合同 PDF', en: 'Verify a contract PDF' },
  permission: 'anyone',
  params: nothing,
  answer: z.object({
    valid: z.boolean(),
    reason: z.string().nullable(),
    signedBy: z.string().nullable(),
    sealedAt: Instant.nullable(),
    saleId: SaleId.nullable(),
    notice: z.object({ zh: z.string(), en: z.string() }).nullable(),
  }),
  rejections: refusing(r, 'not-a-pdf'),
  limit: 10_485_760,
});
