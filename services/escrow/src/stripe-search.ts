import type Stripe from 'stripe';
import type { RailMade, RailOrder } from './payment-rail.ts';
import { madePayout, madeRefund, madeSession, madeTransfer } from './stripe-objects.ts';

const PAGE = 100;
/** Reading may be repeated at once, and a search has many pages. */
const AGAIN = { maxNetworkRetries: 2 };

interface From {
  starting_after?: string;
}
interface Found {
  id: string;
  metadata: Stripe.Metadata | null;
}

/** Looks through Stripe's lists for what a call has made whose answer never came. */
export class StripeSearch {
  /** By key, the last that a search which was broken off has seen. */
  readonly #seen = new Map<string, string>();

  constructor(private readonly stripe: Pick<Stripe, 'checkout' | 'refunds' | 'transfers' | 'payouts'>) {}

  /** `since`: epoch ms. */
  find(order: RailOrder, since: number): Promise<RailMade | undefined> {
    const { key, paymentId, saleId, payeeAccount } = order;
    const { checkout, refunds, transfers, payouts } = this.stripe;
    const page = (from: From) => ({ limit: PAGE, created: { gte: Math.floor(since / 1000) }, ...from });
    switch (order.kind) {
      case 'checkout':
        return this.#seek(key, (from) => checkout.sessions.list(page(from), AGAIN), madeSession);
      case 'refund': {
        const payment_intent = paymentId!;
        return this.#seek(key, (from) => refunds.list({ ...page(from), payment_intent }, AGAIN), madeRefund);
      }
      case 'transfer': {
        const transfer_group = saleId!;
        return this.#seek(key, (from) => transfers.list({ ...page(from), transfer_group }, AGAIN), madeTransfer);
      }
      case 'payout': {
        const options = { ...AGAIN, stripeAccount: payeeAccount! };
        return this.#seek(key, (from) => payouts.list(page(from), options), madePayout);
      }
      // An account that nobody knows of moves no money: another one is opened.
      case 'payee':
      case 'link':
        return Promise.resolve(undefined);
    }
  }

  /** The newest come first: what is made while a search is interrupted is not what it looks for. */
  async #seek<T extends Found>(
    key: string,
    list: (from: From) => Promise<Stripe.ApiList<T>>,
    show: (one: T) => RailMade,
  ): Promise<RailMade | undefined> {
    for (;;) {
      const after = this.#seen.get(key);
      const { data, has_more: hasMore } = await list(after ? { starting_after: after } : {});
      const found = data.find(({ metadata }) => metadata?.['reference'] === key);
      if (!found && hasMore) {
        this.#seen.set(key, data.at(-1)!.id);
        continue;
      }
      this.#seen.delete(key);
      return found && show(found);
    }
  }
}
