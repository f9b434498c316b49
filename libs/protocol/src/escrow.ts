import { z } from 'zod';
import { command, event, hook, query, refusal, refusing } from './declare.ts';
import { InventorShare } from './listings.ts';
import { CivilDate, Fen, Id, Instant, page, paging, PartyId, PositiveFen, SaleId, SignedFen } from './scalars.ts';

/** One book, one writer: the ledger is the aggregate, and every command about money is decided on it in order. */
const Book = z.literal('main');
const book = { key: 'book', keyType: Book } as const;
const inBook = { book: Book.default('main') };
const nothing = z.object({});
const desk = ['请联系平台核查。', 'Contact the desk.'] as const;

export const escrowRefusals = {
  'order-not-found': refusal(
    404,
    ['没有该付款单。', 'There is no such payment order.'],
    ['请核对付款单号。', 'Check the order id.'],
  ),
  'order-not-yours': refusal(
    403,
    ['该付款单属于其他付款方。', 'Another party pays this order.'],
    ['请切换机构。', 'Act for the payer.'],
  ),
  'order-not-payable': refusal(
    409,
    ['该付款单已付清或已关闭。', 'The order is paid or closed.'],
    ['请查看付款单状态。', 'See the status of the order.'],
  ),
  'return-address-invalid': refusal(
    422,
    ['返回地址无效。', 'The return address is not allowed.'],
    ['请使用 http 或 https 地址。', 'Use an http or https address.'],
  ),
  'payee-exists': refusal(
    409,
    ['收款账户已开通或正在开通。', 'The payee account exists already.'],
    ['请查看收款账户状态。', 'See its status.'],
  ),
  'operation-not-found': refusal(
    404,
    ['没有该资金操作。', 'There is no such operation.'],
    ['请核对编号。', 'Check the id.'],
  ),
  'operation-not-blocked': refusal(
    409,
    ['该资金操作未受阻。', 'The operation is not blocked.'],
    ['请查看其状态。', 'See its state.'],
  ),
};
const r = escrowRefusals;

export const OrderPurpose = z.enum(['deposit', 'price']).meta({ id: 'OrderPurpose' });
/** Sent by escrow itself when bidding tells of a registration: the order by which the deposit is paid. */
export const openDepositOrder = command('escrow.order.open-deposit.v1', {
  summary: { zh: '开立保证金付款单', en: 'Open the order of a deposit' },
  ...book,
  data: z.object({ ...inBook, orderId: Id, saleId: SaleId, payer: PartyId, amountFen: PositiveFen }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
/** Starts a session on the rail's hosted page; its address stands in the order a moment later. */
export const payOrder = command('escrow.order.pay.v1', {
  route: 'POST /v1/orders/:orderId/checkout',
  summary: { zh: '去支付（打开收银台）', en: 'Pay: open the hosted page of the payment rail' },
  ...book,
  data: z.object({ ...inBook, orderId: Id, returnUrl: z.string().max(500) }),
  answer: z.object({ orderId: Id, amountFen: Fen }),
  permission: ['bidder', 'finance'],
  rejections: refusing(r, 'order-not-found', 'order-not-yours', 'order-not-payable', 'return-address-invalid'),
});
/** Contracts expects the price of a sale: what the deposit does not cover becomes an order, once. */
export const expectPrice = command('escrow.sale.expect.v1', {
  summary: { zh: '建立价款托管', en: 'Open the escrow of a sale' },
  ...book,
  data: z.object({
    ...inBook,
    saleId: SaleId,
    buyer: PartyId,
    seller: PartyId,
    priceFen: PositiveFen,
    depositFen: Fen,
    dueAt: Instant,
  }),
  answer: z.object({ orderId: Id.nullable(), amountFen: Fen }),
  permission: ['service'],
  askedBy: ['contracts'],
  rejections: {},
});
/** Refunds a deposit of a lot; only bidding decides that. */
export const returnDeposit = command('escrow.deposit.return.v1', {
  summary: { zh: '退还保证金', en: 'Return a deposit' },
  ...book,
  data: z.object({ ...inBook, saleId: SaleId, party: PartyId }),
  answer: z.object({ amountFen: Fen }),
  permission: ['service'],
  askedBy: ['bidding'],
  rejections: {},
});
/** Sent by escrow itself when bidding tells of the end: deposits that were not paid in full are wanted no more. */
export const closeDeposits = command('escrow.deposit.close.v1', {
  summary: { zh: '停止收取保证金', en: 'Close the orders of deposits' },
  ...book,
  data: z.object({ ...inBook, saleId: SaleId }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
/** Moves the winner's deposit into the escrow of the sale; only bidding decides that. */
export const applyDeposit = command('escrow.deposit.apply.v1', {
  summary: { zh: '保证金转为价款', en: 'Apply a deposit to the price' },
  ...book,
  data: z.object({ ...inBook, saleId: SaleId, party: PartyId }),
  answer: z.object({ amountFen: Fen }),
  permission: ['service'],
  askedBy: ['bidding'],
  rejections: {},
});
/** Sent by escrow itself from register's `registered`: nothing is released before. */
export const noteRegistration = command('escrow.sale.note-registration.v1', {
  summary: { zh: '登记已生效', en: 'The register shows the new owner' },
  ...book,
  data: z.object({ ...inBook, saleId: SaleId, registeredOn: CivilDate, owner: PartyId.nullable() }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
export const NetDeduction = z.enum(['fee', 'costs']).meta({ id: 'NetDeduction' });
/** Asked once escrow has told that the register shows the buyer; asked again after that, it was done before. */
export const releaseSale = command('escrow.sale.release.v1', {
  summary: { zh: '放款', en: 'Release the price' },
  ...book,
  data: z.object({
    ...inBook,
    saleId: SaleId,
    inventors: z.array(InventorShare),
    /** The agreed share of net income, not below what the contract's rule says for the seller's place. */
    inventorBps: z.int().min(0).max(10_000),
    costsFen: Fen,
    /** What net income is the price less of. */
    netDeducts: z.array(NetDeduction).max(NetDeduction.options.length),
    /** Months from the release in which inventors are to be paid. */
    payMonths: z.int().min(1).max(60),
  }),
  answer: z.object({ feeFen: Fen, netFen: Fen, inventorsFen: Fen, sellerFen: Fen }),
  permission: ['service'],
  askedBy: ['contracts'],
  rejections: {},
});
export const onboardPayee = command('escrow.payee.onboard.v1', {
  route: 'POST /v1/payees',
  summary: { zh: '开通收款账户', en: 'Open a payee account with the payment rail' },
  ...book,
  data: z.object({ ...inBook, returnUrl: z.string().max(500) }),
  answer: nothing,
  permission: ['finance'],
  rejections: refusing(r, 'payee-exists', 'return-address-invalid'),
});
/** The rail had said no for good, and the cause was put right: one more attempt under a new key. */
export const retryOperation = command('escrow.operation.retry.v1', {
  route: 'POST /v1/rail-operations/:operationId/retry',
  summary: { zh: '重试受阻的资金操作', en: 'Try a blocked operation of the rail again' },
  ...book,
  data: z.object({ ...inBook, operationId: z.string().max(200) }),
  answer: z.object({ attempt: z.int() }),
  permission: ['desk', 'ops'],
  rejections: refusing(r, 'operation-not-found', 'operation-not-blocked'),
});
/** Sent by escrow itself: what a call to the rail brought. */
export const recordRail = command('escrow.rail.record.v1', {
  summary: { zh: '记录支付通道结果', en: 'Record what the rail answered' },
  ...book,
  data: z.object({
    ...inBook,
    operationId: z.string().max(200),
    attempt: z.int().min(0),
    outcome: z.enum(['done', 'refused']),
    railId: z.string().max(120).nullable(),
    url: z.string().max(2000).nullable(),
    reason: z.string().max(300).nullable(),
    /** A refusal that may well be an acceptance a little later: the money is not there yet. */
    isTransient: z.boolean(),
  }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
/** Sent by escrow itself: a rail object as it was fetched after a webhook or a reconciliation. `rank` only rises. */
export const noteRail = command('escrow.rail.note.v1', {
  summary: { zh: '支付通道状态变更', en: 'The state of an object of the rail' },
  ...book,
  data: z.object({
    ...inBook,
    kind: z.enum(['payment', 'refund', 'transfer', 'payout', 'account']),
    railId: z.string().max(120),
    /** The idempotency key of the attempt that made it; empty when it was none of ours. */
    reference: z.string().max(255),
    state: z.enum(['pending', 'succeeded', 'failed', 'expired']),
    rank: z.int(),
    amountFen: Fen,
    feeFen: Fen,
    at: Instant,
  }),
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
export const wakeBook = command('escrow.book.wake.v1', {
  summary: { zh: '资金时点已到', en: 'A deadline of the book has passed' },
  ...book,
  data: nothing,
  answer: nothing,
  permission: ['service'],
  rejections: {},
});
export const stripeWebhook = hook('escrow.stripe.webhook.v1', {
  route: 'POST /v1/hooks/stripe',
  summary: { zh: '支付通道回调', en: 'Webhook of the payment rail' },
  permission: 'anyone',
  params: nothing,
  answer: z.object({ received: z.literal(true) }),
  rejections: {
    'signature-invalid': refusal(400, ['回调签名无效。', 'The signature of the webhook is invalid.'], desk),
  },
  limit: 262_144,
});

const sale = { saleId: SaleId };
export const orderOpened = event('escrow.order.opened.v1', {
  key: 'orderId',
  data: z.object({ ...sale, orderId: Id, party: PartyId, purpose: OrderPurpose, amountFen: Fen }),
  sentence: { zh: '付款单已开立：{amountFen:fen}。', en: 'A payment order was opened: {amountFen:fen}.' },
  audience: 'self',
});
export const depositHeld = event('escrow.deposit.held.v1', {
  key: 'orderId',
  data: z.object({ ...sale, orderId: Id, party: PartyId, amountFen: Fen }),
  sentence: { zh: '保证金 {amountFen:fen} 已到账托管。', en: 'The deposit of {amountFen:fen} is held.' },
  audience: 'self',
});
export const depositReturned = event('escrow.deposit.returned.v1', {
  key: 'orderId',
  data: z.object({ ...sale, orderId: Id, party: PartyId, amountFen: Fen }),
  sentence: { zh: '保证金 {amountFen:fen} 已退回。', en: 'The deposit of {amountFen:fen} was returned.' },
  audience: 'self',
});
export const depositApplied = event('escrow.deposit.applied.v1', {
  key: 'orderId',
  data: z.object({ ...sale, orderId: Id, party: PartyId, amountFen: Fen }),
  sentence: {
    zh: '保证金 {amountFen:fen} 已转为价款。',
    en: 'The deposit of {amountFen:fen} became part of the price.',
  },
  audience: 'parties',
});
/** Why money goes back that nobody asked back. */
export const Unwanted = z.enum(['too-late', 'too-much', 'bidding-over', 'admission-closed']).meta({ id: 'Unwanted' });
/** Money that arrived too late or unasked went back by itself. */
export const moneySentBack = event('escrow.order.money-sent-back.v1', {
  key: 'orderId',
  data: z.object({ ...sale, orderId: Id, party: PartyId, amountFen: Fen, reason: Unwanted }),
  sentence: {
    zh: '款项 {amountFen:fen} 已原路退回：{reason:term}',
    en: '{amountFen:fen} was sent back: {reason:term}',
  },
  audience: 'self',
});
export const saleFunded = event('escrow.sale.funded.v1', {
  key: 'saleId',
  data: z.object({ ...sale, priceFen: Fen }),
  sentence: { zh: '价款 {priceFen:fen} 已足额托管。', en: 'The price of {priceFen:fen} is in escrow.' },
  audience: 'parties',
});
/** Whom the register shows in place of the seller: a price is released only when that is the buyer. */
export const saleRegistered = event('escrow.sale.registered.v1', {
  key: 'saleId',
  data: z.object({ ...sale, registeredOn: CivilDate, shows: z.enum(['buyer', 'another']) }),
  sentence: {
    zh: '登记结果已核对，登记簿上的权利人为{shows:term}。',
    en: 'The registration was checked: the register shows {shows:term}.',
  },
  audience: 'parties',
});
export const saleReleased = event('escrow.sale.released.v1', {
  key: 'saleId',
  data: z.object({
    ...sale,
    priceFen: Fen,
    feeFen: Fen,
    costsFen: Fen,
    netFen: Fen,
    inventorBps: z.int(),
    inventors: z.array(z.object({ party: PartyId, amountFen: Fen })),
    seller: PartyId,
    sellerFen: Fen,
    rulebookVersion: z.string(),
  }),
  sentence: {
    zh: '放款：价款 {priceFen:fen} 已按合同分配。',
    en: 'Released: the price of {priceFen:fen} was divided as the contract says.',
  },
  audience: 'parties',
});
export const payoutPaid = event('escrow.payout.paid.v1', {
  key: 'saleId',
  data: z.object({ ...sale, party: PartyId, amountFen: Fen }),
  sentence: { zh: '{amountFen:fen} 已付至收款账户。', en: '{amountFen:fen} was paid out.' },
  audience: 'self',
});
/** Every payee of the sale has his money: said again when it had been reopened. */
export const saleSettled = event('escrow.sale.settled.v1', {
  key: 'saleId',
  data: z.object(sale),
  sentence: { zh: '本次交易款项全部付清。', en: 'All money of the sale was paid out.' },
  audience: 'parties',
});
/** After all that, a payee's bank sent his money back: he is paid again. */
export const saleReopened = event('escrow.sale.reopened.v1', {
  key: 'saleId',
  data: z.object(sale),
  sentence: {
    zh: '收款银行退回一笔款项，将重新支付；本次交易款项尚未付清。',
    en: 'A bank sent a payout back, to be paid again: not all money of the sale is paid out.',
  },
  audience: 'parties',
});

/** Its time has passed and something is still missing: the rest of the price, or a payee without an account. */
export const saleOverdue = event('escrow.sale.overdue.v1', {
  key: 'saleId',
  data: z.object({ ...sale, what: z.enum(['price', 'payees']) }),
  sentence: { zh: '资金逾期：{what:term}。', en: 'The money is overdue: {what:term}.' },
  audience: 'parties',
});

export const OrderView = z
  .object({
    orderId: Id,
    saleId: SaleId,
    payer: PartyId,
    purpose: OrderPurpose,
    amountFen: Fen,
    paidFen: Fen,
    state: z.enum(['open', 'paid', 'returning', 'returned', 'applied', 'closed']),
    /** What holds it up, if anything. */
    stuck: z.object({ reason: z.string(), since: Instant }).nullable(),
    /** Of the session that is open on the rail's hosted page, if any. */
    checkoutUrl: z.string().nullable(),
    /** Of the next session: the rail takes at most so much at once. */
    nextChargeFen: Fen,
    dueAt: Instant.nullable(),
    rail: z.object({ name: z.string(), demo: z.boolean() }),
  })
  .meta({ id: 'Order' });
export const getOrder = query('escrow.order.get.v1', {
  route: 'GET /v1/orders/:orderId',
  summary: { zh: '付款单', en: 'Read a payment order' },
  permission: ['bidder', 'finance', 'desk'],
  params: z.object({ orderId: Id }),
  answer: OrderView,
});
export const listOrders = query('escrow.order.list.v1', {
  route: 'GET /v1/orders',
  summary: { zh: '我的付款单', en: 'My payment orders' },
  permission: ['bidder', 'finance', 'desk'],
  params: z.object({ ...paging, saleId: SaleId.optional() }),
  answer: page(OrderView),
});
export const getPayee = query('escrow.payee.get.v1', {
  route: 'GET /v1/payees/mine',
  summary: { zh: '我的收款账户', en: 'My payee account' },
  permission: ['finance'],
  params: nothing,
  answer: z.object({
    party: PartyId,
    state: z.enum(['opening', 'onboarding', 'ready']),
    onboardingUrl: z.string().nullable(),
    /** Why the rail has not opened it, or given no link; null: nothing holds it up. */
    reason: z.string().nullable(),
    rail: z.object({ name: z.string(), demo: z.boolean() }),
  }),
});
/**
 * What the asker sees of a sale's money: a bidder his deposit, buyer and seller the price and its escrow, the seller
 * what becomes of its income, an inventor his own part of that; desk and ops see all.
 */
export const getSaleMoney = query('escrow.sale.money.v1', {
  route: 'GET /v1/sales/:saleId/money',
  summary: { zh: '交易资金', en: 'The money of a sale' },
  permission: 'person',
  params: z.object({ saleId: SaleId }),
  answer: z.object({
    saleId: SaleId,
    priceFen: Fen.nullable(),
    escrowFen: Fen,
    state: z.enum(['deposits', 'expected', 'funded', 'registered', 'released', 'settled']),
    overdue: z.enum(['price', 'payees']).nullable(),
    split: z
      .object({
        feeFen: Fen,
        costsFen: Fen,
        netFen: Fen,
        sellerFen: Fen,
        inventors: z.array(z.object({ party: PartyId, amountFen: Fen })),
      })
      .nullable(),
    payouts: z.array(
      z.object({
        party: PartyId,
        amountFen: Fen,
        state: z.enum(['waiting', 'transferring', 'paying-out', 'paid', 'blocked']),
        reason: z.string().nullable(),
      }),
    ),
    entries: z.array(
      z.object({ at: Instant, kind: z.string(), account: z.string(), amountFen: SignedFen, balanceFen: SignedFen }),
    ),
  }),
});
export const getTrialBalance = query('escrow.book.trial-balance.v1', {
  route: 'GET /v1/ledger/trial-balance',
  summary: { zh: '试算平衡表', en: 'Trial balance of the book' },
  permission: ['desk', 'ops'],
  params: nothing,
  answer: z.object({
    /** Zero, or something is broken. */
    sumFen: SignedFen,
    accounts: z.array(z.object({ class: z.string(), accounts: z.int(), postedFen: SignedFen, heldFen: Fen })),
    journals: z.int(),
    violations: z.array(z.object({ invariant: z.string(), subject: z.string() })),
  }),
});
/** What the rail is asked to do, the newest first. */
export const listOperations = query('escrow.operation.list.v1', {
  route: 'GET /v1/rail-operations',
  summary: { zh: '资金操作', en: 'Operations of the payment rail' },
  permission: ['desk', 'ops'],
  params: z.object({
    ...paging,
    state: z.enum(['waiting', 'intended', 'sent', 'done', 'failed', 'blocked']).optional(),
  }),
  answer: page(
    z.object({
      operationId: z.string(),
      kind: z.enum(['checkout', 'refund', 'payee', 'link', 'transfer', 'payout']),
      saleId: SaleId.nullable(),
      party: z.string(),
      amountFen: Fen,
      attempt: z.int(),
      state: z.enum(['waiting', 'intended', 'sent', 'done', 'failed', 'blocked']),
      railId: z.string().nullable(),
      reason: z.string().nullable(),
    }),
  ),
});
/** The book beside the rail: what each says it holds. */
export const getReconciliation = query('escrow.book.reconciliation.v1', {
  route: 'GET /v1/ledger/reconciliation',
  summary: { zh: '账实核对', en: 'The book beside the payment rail' },
  permission: ['desk', 'ops'],
  params: nothing,
  answer: z.object({
    bookFen: SignedFen,
    railFen: SignedFen,
    differenceFen: SignedFen,
    operationsOpen: z.int().meta({ description: 'Calls of the rail under way that move money.' }),
    at: Instant,
  }),
});
