import Stripe from 'stripe';
import type { OperationKind } from './domain/documents.ts';
import {
  PaymentRail,
  type RailEvent,
  type RailEvents,
  type RailMade,
  type RailObject,
  type RailOrder,
  RailFaulted,
  RailRefused,
  SignatureInvalid,
} from './payment-rail.ts';
import {
  accountObject,
  expiredObject,
  madePayout,
  madeRefund,
  madeSession,
  madeTransfer,
  objectOf,
  payoutOf,
  refundOf,
  transferOf,
} from './stripe-objects.ts';
import { type From, StripeSearch } from './stripe-search.ts';

export interface StripeConfig {
  stripeSecretKey: string;
  stripeWebhookSecrets: string[];
  /** Of a sandbox; absent: Stripe itself. */
  stripeApiBase?: string | undefined;
  /** Tells our objects from those of another platform on the same Stripe account. */
  stripePlatform: string;
  stripeTimeoutMs: number;
}

const PAGE = 100;
/** Reading may be repeated at once, and a search has many pages. */
const AGAIN = { maxNetworkRetries: 2 };
/** Refusals that time may mend: money that has not settled, an account that is being checked. */
const TRANSIENT = [
  'balance_insufficient',
  'insufficient_capabilities_for_transfer',
  'payouts_not_allowed',
  'lock_timeout',
];

type Kind = RailObject['kind'] | 'session';
const CONCERNS: Record<string, Kind> = {
  'payment_intent.succeeded': 'payment',
  'checkout.session.expired': 'session',
  'refund.created': 'refund',
  'refund.updated': 'refund',
  'refund.failed': 'refund',
  'transfer.created': 'transfer',
  'payout.paid': 'payout',
  'payout.failed': 'payout',
  'payout.canceled': 'payout',
  'account.updated': 'account',
};
/** What an operation makes. */
const MADE: Record<OperationKind, Kind> = {
  checkout: 'session',
  refund: 'refund',
  payee: 'account',
  link: 'account',
  transfer: 'transfer',
  payout: 'payout',
};

/** The SDK counts money in numbers; eight digits of fen fit. */
const toNumber = (fen: bigint): number => Number(fen);
const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Stripe, or a sandbox that speaks like it. */
export class StripeRail extends PaymentRail {
  readonly name: string;
  readonly isDemo: boolean;
  readonly #stripe: Stripe;
  readonly #search = new StripeSearch();

  constructor(private readonly config: StripeConfig) {
    super();
    const { stripeSecretKey, stripeApiBase, stripeTimeoutMs: timeout } = config;
    this.isDemo = !stripeSecretKey.includes('_live_');
    this.name = this.isDemo ? 'Stripe 演示 Demonstration' : 'Stripe';
    const base = stripeApiBase === undefined ? undefined : new URL(stripeApiBase);
    const protocol = base?.protocol === 'http:' ? 'http' : 'https';
    this.#stripe = new Stripe(stripeSecretKey, {
      maxNetworkRetries: 0,
      timeout,
      telemetry: false,
      ...(base && { host: base.hostname, port: base.port || (protocol === 'http' ? 80 : 443), protocol }),
    });
  }

  async make(order: RailOrder): Promise<RailMade> {
    try {
      return await this.#make(order);
    } catch (error) {
      throw failureOf(error, order.kind) ?? error;
    }
  }
  async #make(order: RailOrder): Promise<RailMade> {
    const { key: idempotencyKey, amountFen, payeeAccount, saleId, returnUrl } = order;
    const metadata = this.#metadata(order);
    const money = { amount: toNumber(amountFen), currency: 'cny', metadata };
    switch (order.kind) {
      case 'checkout':
        return madeSession(await this.#stripe.checkout.sessions.create(sessionOf(order, metadata), { idempotencyKey }));
      case 'refund': {
        const asked = { payment_intent: order.paymentId!, amount: money.amount, metadata };
        return madeRefund(await this.#stripe.refunds.create(asked, { idempotencyKey }));
      }
      case 'transfer': {
        const asked = { ...money, destination: payeeAccount!, ...(saleId && { transfer_group: saleId }) };
        return madeTransfer(await this.#stripe.transfers.create(asked, { idempotencyKey }));
      }
      case 'payout': {
        const options = { idempotencyKey, stripeAccount: payeeAccount! };
        return madePayout(await this.#stripe.payouts.create(money, options));
      }
      case 'payee': {
        const account = await this.#stripe.accounts.create(accountOf(metadata), { idempotencyKey });
        return { railId: account.id, url: await this.#link(account.id, returnUrl!), object: null };
      }
      case 'link':
        return { railId: payeeAccount!, url: await this.#link(payeeAccount!, returnUrl!), object: null };
    }
  }
  /** Links are for one visit and cost nothing: each has a key of its own. */
  async #link(account: string, returnUrl: string): Promise<string> {
    const page = { refresh_url: returnUrl, return_url: returnUrl, type: 'account_onboarding' as const };
    return (await this.#stripe.accountLinks.create({ account, ...page })).url;
  }
  #metadata({ key, saleId, party }: RailOrder): Record<string, string> {
    return { reference: key, platform: this.config.stripePlatform, party, ...(saleId && { saleId }) };
  }

  find(order: RailOrder, since: number): Promise<RailMade | undefined> {
    const { key, paymentId, saleId, payeeAccount } = order;
    const { checkout, refunds, transfers, payouts } = this.#stripe;
    const page = (from: From) => ({ limit: PAGE, created: { gte: seconds(since) }, ...from });
    switch (order.kind) {
      case 'checkout':
        return this.#search.seek(key, (from) => checkout.sessions.list(page(from), AGAIN), madeSession);
      case 'refund': {
        const payment_intent = paymentId!;
        return this.#search.seek(key, (from) => refunds.list({ ...page(from), payment_intent }, AGAIN), madeRefund);
      }
      case 'transfer': {
        const transfer_group = saleId!;
        return this.#search.seek(key, (from) => transfers.list({ ...page(from), transfer_group }, AGAIN), madeTransfer);
      }
      case 'payout': {
        const options = { ...AGAIN, stripeAccount: payeeAccount! };
        return this.#search.seek(key, (from) => payouts.list(page(from), options), madePayout);
      }
      // An account that nobody knows of moves no money: another one is opened.
      case 'payee':
      case 'link':
        return Promise.resolve(undefined);
    }
  }

  concerns = (type: string): boolean => Object.hasOwn(CONCERNS, type);

  async fetch({ type, account, payload }: Pick<RailEvent, 'type' | 'account' | 'payload'>) {
    const kind = CONCERNS[type];
    const { id } = (payload as Stripe.Event).data.object as { id: string };
    return kind && this.#ours(kind, id, account);
  }
  look(kind: OperationKind, railId: string, payeeAccount: string | null): Promise<RailObject | undefined> {
    return this.#ours(MADE[kind], railId, payeeAccount);
  }
  async #ours(kind: Kind, id: string, account: string | null): Promise<RailObject | undefined> {
    const found = await this.#fetch(kind, id, account);
    if (!found) return undefined;
    const { object, metadata } = found;
    const platform = metadata?.['platform'];
    if (platform !== undefined && platform !== this.config.stripePlatform) return undefined;
    return object.reference === '' && kind !== 'payment' ? undefined : object;
  }
  async #fetch(kind: Kind, id: string, stripeAccount: string | null) {
    const { checkout, refunds, transfers, payouts, accounts } = this.#stripe;
    switch (kind) {
      case 'payment':
        return this.#payment(id);
      case 'session': {
        const session = await checkout.sessions.retrieve(id);
        if (session.status === 'expired') return shown(session, expiredObject);
        return session.payment_status === 'paid' ? this.#payment(session.payment_intent as string) : undefined;
      }
      case 'refund':
        return shown(await refunds.retrieve(id), refundOf);
      case 'transfer':
        return shown(await transfers.retrieve(id), transferOf);
      case 'payout':
        return shown(await payouts.retrieve(id, {}, { stripeAccount: stripeAccount! }), payoutOf);
      case 'account':
        return shown(await accounts.retrieve(id), accountObject);
    }
  }
  async #payment(id: string) {
    const intent = await this.#stripe.paymentIntents.retrieve(id, { expand: ['latest_charge.balance_transaction'] });
    if (intent.status !== 'succeeded' || intent.currency !== 'cny') return undefined;
    const settled = (intent.latest_charge as Stripe.Charge).balance_transaction as Stripe.BalanceTransaction | null;
    if (!settled) throw new Error(`what the rail keeps of ${id} is not known yet`);
    const amounts = { amountFen: BigInt(intent.amount_received), feeFen: BigInt(settled.fee) };
    return shown(intent, () => objectOf('payment', intent, { state: 'succeeded', rank: 3, ...amounts }));
  }

  async events(since: number, after: string | null): Promise<RailEvents> {
    const asked = { limit: PAGE, created: { gte: seconds(since) }, types: Object.keys(CONCERNS) };
    try {
      const page = await this.#stripe.events.list({ ...asked, ...(after !== null && { starting_after: after }) });
      return { events: page.data.map(eventOf), next: page.has_more ? page.data.at(-1)!.id : null };
    } catch (error) {
      // It is no longer kept, and neither is what is older.
      const isGone = error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';
      if (after !== null && isGone) return { events: [], next: null };
      throw error;
    }
  }

  read(body: Buffer, signature: string | undefined): RailEvent {
    for (const secret of signature ? this.config.stripeWebhookSecrets : []) {
      try {
        return eventOf(this.#stripe.webhooks.constructEvent(body, signature!, secret));
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw error;
      }
    }
    throw new SignatureInvalid('no secret of ours made this signature');
  }

  async balanceFen(): Promise<bigint> {
    const { available, pending } = await this.#stripe.balance.retrieve();
    const ours = [...available, ...pending].filter(({ currency }) => currency === 'cny');
    return ours.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  }
}

function sessionOf(order: RailOrder, metadata: Record<string, string>): Stripe.Checkout.SessionCreateParams {
  const { amountFen, returnUrl, saleId } = order;
  return {
    mode: 'payment',
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: 'cny',
          unit_amount: toNumber(amountFen),
          product_data: { name: '豫知 专利交易资金托管 Yuzhi: escrow of a patent sale' },
        },
      },
    ],
    allowed_payment_method_types: ['alipay', 'wechat_pay', 'card'],
    payment_method_options: { wechat_pay: { client: 'web' } },
    payment_intent_data: { metadata, ...(saleId && { transfer_group: saleId }) },
    success_url: returnUrl!,
    cancel_url: returnUrl!,
    metadata,
  };
}

/** A recipient of money, not a merchant; it is paid out when we say so. */
const accountOf = (metadata: Record<string, string>): Stripe.AccountCreateParams => ({
  type: 'express',
  capabilities: { transfers: { requested: true } },
  settings: { payouts: { schedule: { interval: 'manual' } } },
  metadata,
});

const shown = <T extends { metadata?: Stripe.Metadata | null }>(found: T, show: (found: T) => RailObject) => ({
  object: show(found),
  metadata: found.metadata,
});
const eventOf = (event: Stripe.Event): RailEvent => ({
  id: event.id,
  type: event.type,
  account: event.account ?? null,
  at: event.created * 1000,
  payload: event,
});

/** A refusal that was an answer; undefined when the outcome is unknown. */
/** What a failed call says for certain. Of an answer that was cut nothing is: it has no status. */
function failureOf(error: unknown, kind: OperationKind): RailRefused | RailFaulted | undefined {
  const { StripeInvalidRequestError, StripeCardError, StripeAPIError } = Stripe.errors;
  const opens = kind === 'payee' || kind === 'link';
  if (opens && error instanceof StripeAPIError) return new RailRefused('rail-error', true);
  if (error instanceof StripeAPIError && (error.statusCode ?? 0) >= 500)
    return new RailFaulted('the rail failed', { cause: error });
  if (!(error instanceof StripeInvalidRequestError || error instanceof StripeCardError)) return undefined;
  const { code = '', message } = error;
  return new RailRefused(`${code || 'invalid_request'}: ${message}`.slice(0, 300), TRANSIENT.includes(code));
}
