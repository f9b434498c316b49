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

/** Requests as `bids.lua` makes them: lot after lot, by bidders in turn, each amount higher than the last. */
export function* quotes({ host, lots, bidders, amount, first }: QuotePlan): Generator<string, never> {
  const per = biddersPerLot(lots.length, bidders.length);
  for (let sent = first; ; sent++) {
    const lot = sent % lots.length;
    const turn = Math.floor(sent / lots.length) % per;
    const { token, organisation } = bidders[(lot * per + turn) % bidders.length]!;
    const body = JSON.stringify({ amountFen: String(amount + sent - first) });
    const head = `POST /v1/auctions/${lots[lot]!}/bids HTTP/1.1\r\nhost: ${host}\r\n`;
    const who = `authorization: Bearer ${token}\r\nx-organisation: ${organisation}\r\n`;
    yield `${head}${who}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  }
}
