import { z } from 'zod';
import { command, event, query, refusal, refusing } from './declare.ts';
import { PatentNumber } from './patent-number.ts';
import { RegisterEntry } from './register.ts';
import { Fen, Id, Instant, line, page, paging, PartyId, PositiveFen, SaleId, text } from './scalars.ts';

/** The conditions of an online bidding as the seller proposes them; amounts in fen, instants in epoch ms. */
export const BiddingTerms = z
  .object({
    startPriceFen: PositiveFen,
    /** Hidden from bidders; the highest quote below it does not win. Null: none. */
    reserveFen: PositiveFen.nullable(),
    incrementFen: PositiveFen,
    depositFen: PositiveFen,
    admissionEndsAt: Instant,
    freeStartsAt: Instant,
    freeEndsAt: Instant,
    /** Length of one timed cycle (限时报价周期), within the bounds of the rulebook. */
    cycleSeconds: z.int().min(1).max(86_400),
  })
  .meta({ id: 'BiddingTerms' });
/** Natural persons who made the invention in service and share in what it earns. Weights are relative. */
export const InventorShare = z.object({ party: Id, weight: z.int().min(1).max(10_000) }).meta({ id: 'InventorShare' });
/** What the inventors get of the net income (职务发明奖酬): a part of the deal, which its contract states. */
export const InventorReward = z
  .object({
    inventors: z
      .array(InventorShare)
      .max(50)
      .refine((all) => new Set(all.map(({ party }) => party)).size === all.length, {
        message: '发明人重复 · the same inventor twice',
      }),
    /** Why nobody is rewarded; said where `inventors` is empty, and only there. */
    noneBecause: line(200).nullable(),
    /** The agreed share of net income, basis points; the rulebook's floor applies when it is lower. */
    shareBps: z.int().min(0).max(10_000),
    /** Costs of the deal that the seller documents; they come off before the share. */
    costs: z.array(z.object({ what: line(100), amountFen: PositiveFen })).max(20),
  })
  .refine(({ inventors, noneBecause }) => (inventors.length === 0) === (noneBecause !== null), {
    path: ['noneBecause'],
    message: '未列发明人时须说明原因，列明时不填 · said where no inventor is named, and only there',
  })
  .meta({
    id: 'InventorReward',
    examples: [
      {
        inventors: [{ party: '01939fd4-5d30-7cc4-8f6a-9d1c3c8e2b71', weight: 1 }],
        noneBecause: null,
        shareBps: 7000,
        costs: [{ what: '专利评估', amountFen: '800000' }],
      },
    ],
  });
const Offer = z.object({
  terms: BiddingTerms,
  description: z.object({ zh: text(4000), en: text(4000) }),
  reward: InventorReward,
});
const saleId = { key: 'saleId', keyType: SaleId } as const;
const nothing = z.object({});

export const listingsRefusals = {
  'listing-not-found': refusal(
    404,
    ['没有该挂牌。', 'There is no such listing.'],
    ['请核对挂牌编号。', 'Check the sale id.'],
  ),
  'listing-not-yours': refusal(
    403,
    ['该挂牌属于其他权利人。', 'The listing belongs to another rights holder.'],
    ['请切换到挂牌机构。', 'Act for the organisation that listed it.'],
  ),
  'listing-not-editable': refusal(
    409,
    ['挂牌当前状态不可修改。', 'The listing cannot be changed any more.'],
    ['仅草稿或已退回的挂牌可修改。', 'Only drafts and returned listings can be changed.'],
  ),
  'listing-not-in-review': refusal(
    409,
    ['挂牌不在待审核状态。', 'The listing is not in review.'],
    ['请刷新后再操作。', 'Reload and look at its status.'],
  ),
  'listing-not-withdrawable': refusal(
    409,
    ['已公告的挂牌不能由权利人撤回。', 'An announced listing cannot be withdrawn by its holder.'],
    ['请联系平台。', 'Contact the desk.'],
  ),
  'inventor-unknown': refusal(
    422,
    ['平台没有该发明人。', 'The platform knows no such inventor.'],
    ['请先让发明人注册，再填写其人员编号。', 'Ask them to sign up, then use their person id.'],
  ),
  'costs-above-start-price': refusal(
    422,
    ['成本合计超过起拍价。', 'The costs together exceed the start price.'],
    ['请核对各项成本或起拍价。', 'Check the costs, or the start price.'],
  ),
  'listing-not-stuck': refusal(
    409,
    ['挂牌未受阻，无需重试。', 'The listing is not stuck.'],
    ['请刷新后再操作。', 'Reload and look at its status.'],
  ),
};
const r = listingsRefusals;
const offered = ['inventor-unknown', 'costs-above-start-price'] as const;

export const draftListing = command('listings.listing.draft.v1', {
  route: 'POST /v1/listings',
  summary: { zh: '起草转让挂牌（网络竞价）', en: 'Draft a listing for transfer by online bidding' },
  ...saleId,
  data: Offer.extend({ patentNumber: PatentNumber }),
  answer: z.object({ saleId: SaleId }),
  permission: ['holder'],
  rejections: refusing(r, ...offered),
});
export const reviseListing = command('listings.listing.revise.v1', {
  route: 'POST /v1/listings/:saleId/revise',
  summary: { zh: '修改挂牌', en: 'Revise a draft or returned listing' },
  ...saleId,
  data: Offer,
  answer: nothing,
  permission: ['holder'],
  rejections: refusing(r, 'listing-not-found', 'listing-not-yours', 'listing-not-editable', ...offered),
});
export const submitListing = command('listings.listing.submit.v1', {
  route: 'POST /v1/listings/:saleId/submit',
  summary: { zh: '提交审核', en: 'Submit for review' },
  ...saleId,
  data: nothing,
  answer: nothing,
  permission: ['holder'],
  rejections: refusing(r, 'listing-not-found', 'listing-not-yours', 'listing-not-editable'),
});
export const withdrawListing = command('listings.listing.withdraw.v1', {
  route: 'POST /v1/listings/:saleId/withdraw',
  summary: { zh: '撤回未公告的挂牌', en: 'Withdraw a listing before it is announced' },
  ...saleId,
  data: nothing,
  answer: nothing,
  permission: ['holder'],
  rejections: refusing(r, 'listing-not-found', 'listing-not-yours', 'listing-not-withdrawable'),
});
export const returnListing = command('listings.listing.return.v1', {
  route: 'POST /v1/listings/:saleId/return',
  summary: { zh: '退回修改', en: 'Return to the holder with comments' },
  ...saleId,
  data: z.object({ comment: text(1000) }),
  answer: nothing,
  permission: ['desk'],
  rejections: refusing(r, 'listing-not-found', 'listing-not-in-review'),
});
/** Reserves the patent, opens the auction, then announces: the status tells how far it is. */
export const approveListing = command('listings.listing.approve.v1', {
  route: 'POST /v1/listings/:saleId/approve',
  summary: { zh: '审核通过并公告', en: 'Approve; the patent is reserved and the listing announced' },
  ...saleId,
  data: nothing,
  answer: nothing,
  permission: ['desk'],
  rejections: refusing(r, 'listing-not-found', 'listing-not-in-review'),
});
/** Nobody answered what the listing asked, and the cause was put right: it is asked again from the first attempt. */
export const retryListing = command('listings.listing.retry.v1', {
  route: 'POST /v1/listings/:saleId/retry',
  summary: { zh: '重试受阻的挂牌', en: 'Ask again what a stuck listing waits for' },
  ...saleId,
  data: nothing,
  answer: nothing,
  permission: ['desk', 'ops'],
  rejections: refusing(r, 'listing-not-found', 'listing-not-stuck'),
});
/** Sent by listings itself, from bidding's `ended`. */
export const concludeListing = command('listings.listing.conclude.v1', {
  summary: { zh: '竞价结束', en: 'The bidding has ended' },
  ...saleId,
  data: z.object({
    saleId: SaleId,
    outcome: z.enum(['sold', 'unsold-below-reserve', 'unsold-no-bid']),
    winner: PartyId.nullable(),
    paddle: z.int().nullable(),
    priceFen: Fen.nullable(),
    endedAt: Instant,
  }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
/** Sent by listings itself, from contracts' `closed`. */
export const closeListing = command('listings.listing.close.v1', {
  summary: { zh: '交易完成', en: 'The sale is done' },
  ...saleId,
  data: z.object({ saleId: SaleId }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
export const wakeListing = command('listings.listing.wake.v1', {
  summary: { zh: '挂牌时点已到', en: 'A deadline of the listing has passed' },
  ...saleId,
  data: nothing,
  answer: nothing,
  permission: ['service'],
  rejections: {},
});

const lot = z.object({ saleId: SaleId, seller: PartyId, patentNumber: z.string(), title: z.string() });
export const listingSubmitted = event('listings.listing.submitted.v1', {
  key: 'saleId',
  data: lot,
  sentence: { zh: '{seller:party} 提交挂牌：{title}', en: '{seller:party} submitted a listing: {title}' },
  audience: 'parties',
});
export const listingReturned = event('listings.listing.returned.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, reason: z.string() }),
  sentence: { zh: '挂牌被退回：{reason}', en: 'The listing was returned: {reason}' },
  audience: 'parties',
});
export const listingAnnounced = event('listings.listing.announced.v1', {
  key: 'saleId',
  data: lot.extend({ startPriceFen: Fen, depositFen: Fen, freeStartsAt: Instant, freeEndsAt: Instant }),
  sentence: {
    zh: '挂牌公告：{title}，起始价 {startPriceFen:fen}，保证金 {depositFen:fen}。',
    en: 'Announced: {title}, start price {startPriceFen:fen}, deposit {depositFen:fen}.',
  },
  audience: 'public',
});
export const listingUnsold = event('listings.listing.unsold.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, outcome: z.string() }),
  sentence: { zh: '本次竞价未成交。', en: 'The lot remained unsold.' },
  audience: 'public',
});
export const listingWithdrawn = event('listings.listing.withdrawn.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId }),
  sentence: { zh: '权利人撤回挂牌。', en: 'The holder withdrew the listing.' },
  audience: 'parties',
});
export const listingStuck = event('listings.listing.stuck.v1', {
  key: 'saleId',
  /** `at` is what it asks for, `reason` a code; the sentences say it to people. */
  data: z.object({ saleId: SaleId, at: z.string(), reason: z.string(), reasonZh: z.string(), reasonEn: z.string() }),
  sentence: { zh: '挂牌受阻：{reasonZh}', en: 'The listing is stuck: {reasonEn}' },
  audience: 'parties',
});
export const resultAnnounced = event('listings.result.announced.v1', {
  key: 'saleId',
  data: z.object({
    saleId: SaleId,
    priceFen: Fen,
    buyer: PartyId,
    paddle: z.int(),
    until: Instant,
    /** The calendar of that time is not announced yet. */
    provisional: z.boolean(),
  }),
  sentence: {
    zh: '成交公示：{paddle} 号竞买人以 {priceFen:fen} 成交，公示至 {until:time}。',
    en: 'Result notice: paddle {paddle} at {priceFen:fen}; objections until {until:time}.',
  },
  audience: 'public',
});
/** The objection window passed: everything the contract needs. */
export const resultConfirmed = event('listings.result.confirmed.v1', {
  key: 'saleId',
  data: z.object({
    saleId: SaleId,
    patentNumber: z.string(),
    seller: PartyId,
    buyer: PartyId,
    priceFen: Fen,
    depositFen: Fen,
    reward: InventorReward,
    entry: RegisterEntry,
    rulebookVersion: z.string(),
  }),
  sentence: { zh: '公示期满，结果确认。', en: 'The objection window passed; the result stands.' },
  audience: 'public',
});
export const saleCompleted = event('listings.listing.completed.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId }),
  sentence: { zh: '本次交易全部完成。', en: 'The sale is complete.' },
  audience: 'public',
});

export const ListingStatus = z
  .enum([
    'draft',
    'in-review',
    'returned',
    'withdrawn',
    'reserving',
    'opening',
    'announced',
    'result-notice',
    'contracting',
    'sold',
    'unsold',
  ])
  .meta({ id: 'ListingStatus' });
export const ListingView = z
  .object({
    saleId: SaleId,
    status: ListingStatus,
    seller: PartyId,
    patentNumber: z.string(),
    title: z.object({ zh: z.string(), en: z.string() }).nullable(),
    kind: z.string().nullable(),
    ipc: z.array(z.string()),
    description: z.object({ zh: z.string(), en: z.string() }),
    /** Without the reserve, except for the seller himself. */
    terms: BiddingTerms.omit({ reserveFen: true }).extend({ reserved: z.boolean(), reserveFen: Fen.nullable() }),
    /** Licences that the buyer takes over (SPC interpretation on technology contracts, art. 24). */
    encumbrances: z.array(z.object({ kind: z.string(), holder: z.string().nullable(), until: z.string().nullable() })),
    /** For its holder, the desk and ops. */
    reward: InventorReward.nullable(),
    returnReason: z.string().nullable(),
    /** Why it does not go on by itself, for its holder, the desk and ops. */
    stuck: z.object({ reason: z.string(), zh: z.string(), en: z.string(), since: Instant }).nullable(),
    announcedAt: Instant.nullable(),
    result: z.object({ outcome: z.string(), paddle: z.int().nullable(), priceFen: Fen.nullable() }).nullable(),
    noticeUntil: Instant.nullable(),
    demo: z.boolean(),
    version: z.int(),
  })
  .meta({ id: 'Listing' });
export const getListing = query('listings.listing.get.v1', {
  route: 'GET /v1/listings/:saleId',
  summary: { zh: '挂牌详情', en: 'Read a listing' },
  permission: 'anyone',
  params: z.object({ saleId: SaleId }),
  answer: ListingView,
});
/** Announced and later ones for everybody; earlier ones for their holder (`mine=true`) and the desk. */
export const listListings = query('listings.listing.list.v1', {
  route: 'GET /v1/listings',
  summary: { zh: '挂牌列表', en: 'List listings' },
  permission: 'anyone',
  params: z.object({
    ...paging,
    status: ListingStatus.optional(),
    q: z.string().max(100).optional(),
    mine: z.enum(['true', 'false']).optional(),
    /** For the holder and the desk, who alone see it. */
    stuck: z.enum(['true', 'false']).optional(),
  }),
  answer: page(ListingView),
});
