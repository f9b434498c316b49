import { z } from 'zod';
import { command, event, query, refusal, refusing, stream } from './declare.ts';
import { BiddingTerms } from './listings.ts';
import { Fen, Id, Instant, line, page, paging, PartyId, PositiveFen, SaleId } from './scalars.ts';

const saleId = { key: 'saleId', keyType: SaleId } as const;
const nothing = z.object({});
const terms = ['请调整竞价条件后重新提交。', 'Adjust the bidding terms and submit again.'] as const;
const watch = ['请查看竞价大厅。', 'See the bidding hall.'] as const;
const quote = ['请按提示的最低有效报价出价。', 'Quote at least the next valid price.'] as const;

export const biddingRefusals = {
  'auction-not-found': refusal(
    404,
    ['没有该竞价项目。', 'There is no such bidding.'],
    ['请核对编号。', 'Check the sale id.'],
  ),
  'reserve-out-of-bounds': refusal(422, ['保留价不得低于起始价。', 'The reserve is below the start price.'], terms),
  'deposit-out-of-bounds': refusal(
    422,
    ['保证金超出规则允许的范围。', 'The deposit is outside what the rules allow.'],
    terms,
  ),
  'cycle-out-of-bounds': refusal(
    422,
    ['限时报价周期超出规则允许的范围。', 'A cycle lasts longer or shorter than the rules allow.'],
    terms,
  ),
  'periods-out-of-order': refusal(422, ['报名与报价时间先后有误。', 'The periods are out of order or past.'], terms),
  'auction-ended': refusal(409, ['竞价已结束。', 'The bidding has ended.'], watch),
  'admission-closed': refusal(
    409,
    ['报名已截止。', 'Registration has closed.'],
    ['请关注其他项目。', 'Look at other lots.'],
  ),
  'bidder-is-seller': refusal(
    403,
    ['转让方不得参与本项目竞价。', 'The seller may not bid on its own lot.'],
    ['请切换机构。', 'Act for another organisation.'],
  ),
  'rules-version-differs': refusal(
    409,
    ['竞价规则版本不一致。', 'These are not the rules of this bidding.'],
    ['请重新阅读并接受当前版本。', 'Read and accept the version shown.'],
  ),
  'bidder-already-registered': refusal(
    409,
    ['您已报名。', 'You are registered already.'],
    ['请缴纳保证金。', 'Pay the deposit.'],
  ),
  'bidder-not-registered': refusal(
    403,
    ['您尚未报名。', 'You are not registered for this bidding.'],
    ['请先报名。', 'Register first.'],
  ),
  'bidder-not-admitted': refusal(
    403,
    ['保证金尚未到账，未取得竞买资格。', 'Your deposit has not arrived; you are not admitted yet.'],
    ['请缴纳保证金并等待确认。', 'Pay the deposit and wait for its confirmation.'],
  ),
  'bidding-not-open': refusal(409, ['报价尚未开始。', 'Quoting has not begun.'], watch),
  'bidder-already-leading': refusal(
    409,
    ['您已领先，无需加价。', 'You are leading already.'],
    ['被超越后再出价。', 'Quote again when you are outbid.'],
  ),
  'bid-below-start-price': refusal(422, ['报价低于起始价。', 'The quote is below the start price.'], quote),
  'bid-below-next-valid': refusal(422, ['报价低于最低有效报价。', 'The quote is below the next valid price.'], quote),
  'bid-off-increment': refusal(
    422,
    ['加价须为加价幅度的整数倍。', 'The raise is no whole multiple of the increment.'],
    quote,
  ),
};
const r = biddingRefusals;

export const openAuction = command('bidding.auction.open.v1', {
  summary: { zh: '开设网络竞价', en: 'Open an online bidding' },
  ...saleId,
  data: z.object({ saleId: SaleId, seller: PartyId, terms: BiddingTerms }),
  answer: z.object({ rulesVersion: z.string() }),
  permission: ['service'],
  askedBy: ['listings'],
  rejections: refusing(
    r,
    'reserve-out-of-bounds',
    'deposit-out-of-bounds',
    'cycle-out-of-bounds',
    'periods-out-of-order',
  ),
});
export const registerBidder = command('bidding.auction.register-bidder.v1', {
  route: 'POST /v1/auctions/:saleId/registrations',
  summary: { zh: '报名并接受竞价规则', en: 'Register and accept the bidding rules' },
  ...saleId,
  data: z.object({ rulesVersion: line(60) }),
  /** The order by which the deposit is paid: escrow knows it within moments. */
  answer: z.object({ orderId: Id, depositFen: Fen }),
  permission: ['bidder'],
  rejections: refusing(
    r,
    'auction-not-found',
    'auction-ended',
    'admission-closed',
    'bidder-is-seller',
    'rules-version-differs',
    'bidder-already-registered',
  ),
});
export const admitBidder = command('bidding.auction.admit.v1', {
  summary: { zh: '保证金到账，准予竞买', en: 'The deposit is held: admit the bidder' },
  ...saleId,
  data: z.object({ saleId: SaleId, party: PartyId, heldFen: Fen, orderId: Id }),
  answer: z.object({ paddle: z.int() }),
  permission: ['service'],
  askedBy: ['escrow'],
  rejections: refusing(r, 'admission-closed'),
});
/** The hot path. A refusal says the next valid price in `nextValidFen`. */
export const placeBid = command('bidding.auction.place-bid.v1', {
  route: 'POST /v1/auctions/:saleId/bids',
  summary: { zh: '报价', en: 'Place a quote' },
  ...saleId,
  data: z.object({ amountFen: PositiveFen }),
  answer: z.object({
    seq: z.int(),
    at: Instant,
    amountFen: Fen,
    paddle: z.int(),
    nextValidFen: Fen.nullable(),
    period: z.enum(['free', 'timed']),
    cycle: z.int(),
    cycleEndsAt: Instant.nullable(),
  }),
  permission: ['bidder'],
  rejections: refusing(
    r,
    'auction-not-found',
    'auction-ended',
    'bidding-not-open',
    'bidder-not-registered',
    'bidder-not-admitted',
    'bidder-already-leading',
    'bid-below-start-price',
    'bid-below-next-valid',
    'bid-off-increment',
  ),
});
export const wakeAuction = command('bidding.auction.wake.v1', {
  summary: { zh: '竞价时点已到', en: 'A deadline of the bidding has passed' },
  ...saleId,
  data: nothing,
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
/** Sent by bidding itself from contracts' `effective`: only bidding lets a lot's deposit go. */
export const applyWinnersDeposit = command('bidding.auction.apply-winners-deposit.v1', {
  summary: { zh: '合同生效，保证金转为价款', en: "The contract binds: the winner's deposit becomes part of the price" },
  ...saleId,
  data: z.object({ saleId: SaleId }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});

export const auctionOpened = event('bidding.auction.opened.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, seller: PartyId, startPriceFen: Fen, depositFen: Fen, rulesVersion: z.string() }),
  sentence: { zh: '网络竞价已开设。', en: 'The online bidding was opened.' },
  audience: 'public',
});
export const bidderRegistered = event('bidding.auction.bidder-registered.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, party: PartyId, rulesVersion: z.string(), orderId: Id, depositFen: Fen }),
  sentence: {
    zh: '{party:party} 报名，接受规则 {rulesVersion}，应缴保证金 {depositFen:fen}。',
    en: '{party:party} registered, accepted rules {rulesVersion}, deposit due {depositFen:fen}.',
  },
  audience: 'self',
});
export const bidderAdmitted = event('bidding.auction.bidder-admitted.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, party: PartyId, paddle: z.int() }),
  sentence: { zh: '取得竞买资格，号牌 {paddle}。', en: 'Admitted with paddle {paddle}.' },
  audience: 'self',
});
export const periodChanged = event('bidding.auction.period-changed.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, period: z.enum(['free', 'timed']), at: Instant }),
  sentence: { zh: '竞价进入{period:term}。', en: 'The {period:term} began.' },
  audience: 'public',
});
export const auctionEnded = event('bidding.auction.ended.v1', {
  key: 'saleId',
  data: z.object({
    saleId: SaleId,
    outcome: z.enum(['sold', 'unsold-below-reserve', 'unsold-no-bid']),
    winner: PartyId.nullable(),
    paddle: z.int().nullable(),
    priceFen: Fen.nullable(),
    bids: z.int(),
    endedAt: Instant,
  }),
  sentence: { zh: '竞价结束，共 {bids} 次报价。', en: 'The bidding ended after {bids} quotes.' },
  audience: 'desk',
});
export const depositsSettled = event('bidding.auction.deposits-settled.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, returned: z.int() }),
  sentence: {
    zh: '未成交竞买人的保证金已全部退回安排。',
    en: 'The deposits of all who did not win are on their way back.',
  },
  audience: 'public',
});

/** Escrow refused, failed or did not answer within a day: a person must look. */
export const depositStuck = event('bidding.auction.deposit-stuck.v1', {
  key: 'saleId',
  data: z.object({ saleId: SaleId, party: PartyId, reason: z.string() }),
  sentence: {
    zh: '{party:party} 的保证金受阻：{reason:term}',
    en: 'The deposit of {party:party} is stuck: {reason:term}',
  },
  audience: 'desk',
});

export const PublicAuction = z
  .object({
    saleId: SaleId,
    seller: PartyId,
    period: z.enum(['scheduled', 'free', 'timed', 'ended']),
    terms: BiddingTerms.omit({ reserveFen: true }).extend({ reserved: z.boolean(), rulesVersion: z.string() }),
    bidders: z.int(),
    highestFen: Fen.nullable(),
    leadingPaddle: z.int().nullable(),
    nextValidFen: Fen.nullable(),
    bids: z.int(),
    cycle: z.int(),
    cycleEndsAt: Instant.nullable(),
    result: z
      .object({ outcome: z.string(), endedAt: Instant, paddle: z.int().nullable(), priceFen: Fen.nullable() })
      .nullable(),
    /** The platform's time of this answer: what a countdown counts from. */
    now: Instant,
    /** The newest sequence number of the live stream. */
    head: z.int(),
  })
  .meta({ id: 'Auction' });
export const getAuction = query('bidding.auction.get.v1', {
  route: 'GET /v1/auctions/:saleId',
  summary: { zh: '竞价项目', en: 'Read a bidding' },
  permission: 'anyone',
  params: z.object({ saleId: SaleId }),
  answer: PublicAuction,
});
export const listAuctions = query('bidding.auction.list.v1', {
  route: 'GET /v1/auctions',
  summary: { zh: '竞价项目列表', en: 'List biddings' },
  permission: 'anyone',
  params: z.object({ ...paging, period: z.enum(['scheduled', 'free', 'timed', 'ended']).optional() }),
  answer: page(PublicAuction),
});
const PublicBid = z.object({ seq: z.int(), at: Instant, paddle: z.int(), amountFen: Fen }).meta({ id: 'PublicBid' });
/** Accepted quotes, newest first, by paddle: who a bidder is stays confidential until the end. */
export const listBids = query('bidding.auction.bids.v1', {
  route: 'GET /v1/auctions/:saleId/bids',
  summary: { zh: '报价记录', en: 'The quotes of a bidding' },
  permission: 'anyone',
  params: z.object({ saleId: SaleId, ...paging }),
  answer: page(PublicBid),
});
export const getRegistration = query('bidding.auction.registration.v1', {
  route: 'GET /v1/auctions/:saleId/registration',
  summary: { zh: '我的报名', en: 'My registration' },
  permission: ['bidder'],
  params: z.object({ saleId: SaleId }),
  answer: z.object({
    saleId: SaleId,
    party: PartyId,
    rulesVersion: z.string(),
    registeredAt: Instant,
    orderId: Id,
    paddle: z.int().nullable(),
    admittedAt: Instant.nullable(),
    leading: z.boolean(),
    /** `released`: escrow returns it, and its order tells when the money is back. */
    deposit: z.enum(['due', 'held', 'returning', 'released', 'applied']),
  }),
});
export const HallItem = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('bid'),
      at: Instant,
      bidSeq: z.int(),
      paddle: z.int(),
      amountFen: Fen,
      nextValidFen: Fen.nullable(),
    }),
    z.object({ kind: z.literal('period'), at: Instant, period: z.enum(['free', 'timed']) }),
    z.object({ kind: z.literal('cycle'), at: Instant, cycle: z.int(), endsAt: Instant }),
    z.object({
      kind: z.literal('ended'),
      at: Instant,
      outcome: z.string(),
      paddle: z.int().nullable(),
      priceFen: Fen.nullable(),
    }),
  ])
  .meta({ id: 'HallItem' });
export const hall = stream('bidding.auction.live.v1', {
  route: 'GET /v1/auctions/:saleId/live',
  summary: { zh: '竞价大厅实时流', en: 'Live stream of the bidding hall' },
  permission: 'anyone',
  params: z.object({ saleId: SaleId }),
  key: 'saleId',
  item: HallItem,
});
