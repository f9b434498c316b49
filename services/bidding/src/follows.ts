import type { Effects } from '@yuzhi/messaging/decision';
import { derivedId } from '@yuzhi/messaging/ids';
import {
  auctionEnded,
  auctionOpened,
  bidderAdmitted,
  bidderRegistered,
  depositsSettled,
  depositStuck,
  hall,
  periodChanged,
} from '@yuzhi/protocol/bidding';
import { applyDeposit, returnDeposit } from '@yuzhi/protocol/escrow';
import type { MomentRow } from './auction.rows.ts';
import type { Happening } from './domain/auction-state.ts';
import type { Lot, Step } from './domain/lot.ts';

/** The order by which a bidder pays his deposit: known before escrow has opened it. */
export const depositOrder = (saleId: string, party: string): string => derivedId(saleId, 'deposit', party);

/**
 * What a step leads to outside: events, questions to escrow, and the items of the hall with the rows that keep them. A
 * bid leads to no event: the stream shows it, its row keeps it, and the end tells how many there were.
 */
export function follows<E extends Effects>(effects: E, { lot, happened, items }: Step): E {
  for (const one of happened) followOne(effects, lot, one);
  const { saleId } = lot.auction;
  let seq = lot.head - items.length;
  for (const item of items) {
    seq += 1;
    const moment: MomentRow = { saleId, seq, item };
    effects.show(hall, saleId, seq, item).append(moment);
  }
  return effects;
}

function followOne(effects: Effects, lot: Lot, one: Happening): void {
  const { saleId, seller, terms, bids } = lot.auction;
  const depositFen = String(terms.depositFen);
  switch (one.type) {
    case 'opened': {
      const startPriceFen = String(terms.startPriceFen);
      const { rulesVersion } = terms;
      return void effects.tell(auctionOpened, { saleId, seller, startPriceFen, depositFen, rulesVersion }, saleId);
    }
    case 'bidder-registered': {
      const { bidder: party, rulesVersion } = one;
      const orderId = depositOrder(saleId, party);
      return void effects.tell(bidderRegistered, { saleId, party, rulesVersion, orderId, depositFen }, saleId);
    }
    case 'bidder-admitted':
      return void effects.tell(bidderAdmitted, { saleId, party: one.bidder, paddle: one.paddle }, saleId);
    case 'period-changed':
      return void effects.tell(periodChanged, { saleId, period: one.period, at: one.at }, saleId);
    case 'ended': {
      const { outcome, winner, paddle, priceFen, endedAt } = one.result;
      // No command cancels a bidding; whichever will, has an event of its own to tell.
      if (outcome === 'cancelled') return;
      const price = priceFen === null ? null : String(priceFen);
      const told = { saleId, outcome, winner, paddle, priceFen: price, bids, endedAt };
      return void effects.tell(auctionEnded, told, saleId);
    }
    case 'deposits-due':
      for (const party of one.parties) effects.ask(returnDeposit, 'main', { book: 'main', saleId, party });
      return;
    case 'winner-bound':
      return void effects.ask(applyDeposit, 'main', { book: 'main', saleId, party: one.party });
    case 'deposit-stuck':
      return void effects.tell(depositStuck, { saleId, party: one.party, reason: one.reason }, saleId);
    case 'deposits-settled':
      return void effects.tell(depositsSettled, { saleId, returned: one.returned }, saleId);
  }
}
