import type { hall } from '@yuzhi/protocol/bidding';
import type { z } from 'zod';
import type { Happening } from './auction-state.ts';

/** What whoever watches the hall sees: bidders by their paddles, and no refused quote. */
export type HallItem = z.input<(typeof hall)['item']>;

export function hallItem(event: Happening): HallItem | undefined {
  switch (event.type) {
    case 'bid-accepted': {
      const { at, seq, paddle, amountFen, nextValidFen } = event.bid;
      const next = nextValidFen === null ? null : String(nextValidFen);
      return { kind: 'bid', at, bidSeq: seq, paddle: paddle!, amountFen: String(amountFen), nextValidFen: next };
    }
    case 'period-changed':
      return { kind: 'period', at: event.at, period: event.period };
    case 'cycle-started':
      return { kind: 'cycle', at: event.at, cycle: event.cycle, endsAt: event.endsAt };
    case 'ended': {
      const { outcome, endedAt, paddle, priceFen } = event.result;
      return { kind: 'ended', at: endedAt, outcome, paddle, priceFen: priceFen === null ? null : String(priceFen) };
    }
    default:
      return undefined;
  }
}
