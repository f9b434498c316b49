import type { hall } from '@yuzhi/protocol/bidding';
import type { z } from 'zod';
import type { Happening } from './auction-state.ts';
import { nextAbove } from './bid-rule.ts';
import type { Terms } from './terms.ts';

/** What whoever watches the hall sees: bidders by their paddles, and no refused quote. */
export type HallItem = z.input<(typeof hall)['item']>;

/** In the order in which it happened. */
export function hallItems(happened: readonly Happening[]): HallItem[] {
  const items: HallItem[] = [];
  for (const one of happened) {
    const item = itemOf(one);
    if (item) items.push(item);
  }
  return items;
}

/** A valid quote as it is kept: with its cycle, 0 in the free period, and the number of its last item. */
export interface ShownBid {
  seq: number;
  at: number;
  paddle: number;
  amountFen: bigint;
  cycle: number;
  head: number;
}

/** The items by which a valid quote was shown, told from its row: they need none of their own. */
export function shownItems(bid: ShownBid, terms: Terms): { seq: number; item: HallItem }[] {
  const { seq, at, paddle, amountFen, cycle, head } = bid;
  const next = nextAbove(amountFen, terms);
  const nextValidFen = next === null ? null : String(next);
  const item: HallItem = { kind: 'bid', at, bidSeq: seq, paddle, amountFen: String(amountFen), nextValidFen };
  if (cycle === 0) return [{ seq: head, item }];
  const opened: HallItem = { kind: 'cycle', at, cycle, endsAt: at + terms.cycleMs };
  return [
    { seq: head - 1, item },
    { seq: head, item: opened },
  ];
}

function itemOf(event: Happening): HallItem | undefined {
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
