import { z } from 'zod';
import type { RailBooks, RailItem, RailStatement } from './evidence.ts';

export interface RailAddress {
  /** Of Stripe, or of a sandbox that speaks like it. */
  url: string;
  secretKey: string;
}

const Whole = z.int().transform(BigInt);
const Item = z.object({
  id: z.string(),
  amount: Whole,
  currency: z.string(),
  status: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});
const Page = z.object({ data: z.array(Item), has_more: z.boolean() });
const Funds = z.array(z.object({ amount: Whole, currency: z.string() }));
const Balance = z.object({ available: Funds, pending: Funds });

const CURRENCY = 'cny';
const PAGE = 100;
const sum = (funds: z.output<typeof Funds>) =>
  funds.filter(({ currency }) => currency === CURRENCY).reduce((total, { amount }) => total + amount, 0n);
const shown = ({ id, amount, metadata }: z.output<typeof Item>): RailItem => ({
  id,
  amountFen: amount,
  reference: metadata?.['reference'] ?? '',
});

/** Reads what the rail lists. Throws with the rail's own words when it refuses. */
export class HttpRailBooks implements RailBooks {
  constructor(private readonly rail: RailAddress) {}

  async read(payeeAccounts: readonly string[]): Promise<RailStatement> {
    const [balance, payments, refunds, transfers] = await Promise.all([
      this.#get('/v1/balance').then((body) => Balance.parse(body)),
      this.#all('/v1/payment_intents', 'succeeded'),
      this.#all('/v1/refunds', 'succeeded'),
      this.#all('/v1/transfers'),
    ]);
    const payouts: RailItem[] = [];
    for (const account of payeeAccounts) payouts.push(...(await this.#all('/v1/payouts', 'paid', account)));
    return { balanceFen: sum(balance.available) + sum(balance.pending), payments, refunds, transfers, payouts };
  }

  async #all(path: string, status?: string, account?: string): Promise<RailItem[]> {
    const items: RailItem[] = [];
    for (let after = ''; ;) {
      const query = new URLSearchParams({ limit: String(PAGE), ...(after && { starting_after: after }) });
      const page = Page.parse(await this.#get(`${path}?${query.toString()}`, account));
      const wanted = page.data.filter((one) => one.currency === CURRENCY && (!status || one.status === status));
      items.push(...wanted.map(shown));
      after = page.data.at(-1)?.id ?? '';
      if (!page.has_more || !after) return items;
    }
  }

  async #get(path: string, account?: string): Promise<unknown> {
    const { url, secretKey } = this.rail;
    const headers = { authorization: `Bearer ${secretKey}`, ...(account && { 'stripe-account': account }) };
    const response = await fetch(url + path, { headers });
    if (!response.ok) throw new Error(`the rail answered ${path} with ${response.status}: ${await response.text()}`);
    return response.json();
  }
}
