import type { Bidder } from './bidders.ts';
import { biddersPerLot } from './turns.ts';

export interface QuotePlan {
  host: string;
  lots: readonly string[];
  bidders: readonly Bidder[];
  /** Fifteen digits; higher than every quote before. */
  amount: number;
  /** How many requests the lots were sent before: whose turn it is. */
  first: number;
}

/** The quote that leaves as number `sent` of all, as `bids.lua` makes it. */
export function quoteAt({ lots, bidders, amount, first }: Omit<QuotePlan, 'host'>, sent: number) {
  const per = biddersPerLot(lots.length, bidders.length);
  const lot = sent % lots.length;
  const turn = Math.floor(sent / lots.length) % per;
  const { token, organisation } = bidders[(lot * per + turn) % bidders.length]!;
  return {
    path: `/v1/auctions/${lots[lot]!}/bids`,
    headers: {
      authorization: `Bearer ${token}`,
      'x-organisation': organisation,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ amountFen: String(amount + sent - first) }),
  };
}

/** Requests lot after lot, by bidders in turn, each amount higher than the last. */
export function* quotes({ host, ...plan }: QuotePlan): Generator<string, never> {
  for (let sent = plan.first; ; sent++) {
    const { path, headers, body } = quoteAt(plan, sent);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    yield `POST ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}content-length: ${body.length}\r\n\r\n${body}`;
  }
}
