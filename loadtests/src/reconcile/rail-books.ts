import Stripe from 'stripe';
import type { RailBooks, RailItem, RailStatement } from './evidence.ts';

export interface RailAddress {
  /** Of Stripe, or of a sandbox that speaks like it. */
  url: string;
  secretKey: string;
}

interface Item {
  id: string;
  amount: number;
  currency: string;
  status?: string | null;
  metadata?: Record<string, string> | null;
}

const CURRENCY = 'cny';
const ALL = { limit: 100 };

/** Reads what the rail lists, by the official client and past our own adapter. Throws with the rail's own words. */
export class StripeBooks implements RailBooks {
  readonly #stripe: Stripe;

  constructor({ url, secretKey }: RailAddress) {
    const { protocol, hostname: host, port } = new URL(url);
    this.#stripe = new Stripe(secretKey, {
      host,
      protocol: protocol === 'http:' ? 'http' : 'https',
      telemetry: false,
      ...(port && { port }),
    });
  }

  async read(payeeAccounts: readonly string[]): Promise<RailStatement> {
    const { balance, paymentIntents, refunds, transfers, payouts } = this.#stripe;
    const [funds, paid, returned, transferred] = await Promise.all([
      balance.retrieve(),
      itemsOf(paymentIntents.list(ALL), 'succeeded'),
      itemsOf(refunds.list(ALL), 'succeeded'),
      itemsOf(transfers.list(ALL)),
    ]);
    const taken: RailItem[] = [];
    for (const stripeAccount of payeeAccounts)
      taken.push(...(await itemsOf(payouts.list(ALL, { stripeAccount }), 'paid')));
    const balanceFen = sum(funds.available) + sum(funds.pending);
    return { balanceFen, payments: paid, refunds: returned, transfers: transferred, payouts: taken };
  }
}

const sum = (funds: { amount: number; currency: string }[]) =>
  funds.filter(({ currency }) => currency === CURRENCY).reduce((total, { amount }) => total + BigInt(amount), 0n);

async function itemsOf(pages: AsyncIterable<Item>, status?: string): Promise<RailItem[]> {
  const items: RailItem[] = [];
  for await (const { id, amount, currency, status: is, metadata } of pages) {
    const wanted = currency === CURRENCY && (!status || is === status);
    if (wanted) items.push({ id, amountFen: BigInt(amount), reference: metadata?.['reference'] ?? '' });
  }
  return items;
}
