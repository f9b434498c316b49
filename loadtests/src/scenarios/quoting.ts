import exec from 'k6/execution';
import type { placeBid } from '@yuzhi/protocol/bidding';
import { given, newKey, type Outcome, send } from './gate.ts';
import type { Lot } from '../load/given.ts';
import { draw } from './pace.ts';

const PLACE_BID = 'bidding.auction.place-bid.v1';
/** One quote in so many is below the next valid price: refusals are outcomes, and must be kept as well. */
const LOW_SHARE = 0.03;
/** One request in so many is sent again under its key, as a client does that has lost the answer. */
const REPEATED_SHARE = 0.02;

type Quoted = Outcome<{ seq: number }> | undefined;

/** The quote number `k` (from 0) on a lot: bidders take turns, and each raises by one increment. */
export function quote(lot: Lot, k: number, intendedAt: number): Quoted {
  const chance = draw(given.seed, exec.scenario.iterationInTest);
  const isLow = k > 0 && chance < LOW_SHARE;
  const bidder = given.actors[lot.bidders[k % lot.bidders.length]!]!;
  const raised = isLow ? 0n : BigInt(k) * BigInt(lot.incrementFen);
  const input = { saleId: lot.saleId, amountFen: String(BigInt(lot.startFen) + raised) };
  const [key, sentAt] = [newKey(), Date.now()];
  const outcome = send<typeof placeBid>(PLACE_BID, input, bidder, { key, intendedAt, sentAt });
  if (chance < 1 - REPEATED_SHARE || !outcome) return outcome;
  return send<typeof placeBid>(PLACE_BID, input, bidder, { key, sentAt });
}

/** Epoch ms at which this iteration is due, `afterS` seconds from the start of its scenario. */
export const dueAt = (afterS: number): number => exec.scenario.startTime + afterS * 1000;
