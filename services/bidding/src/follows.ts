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
import type { BidRow, MomentRow } from './auction.rows.ts';
import type { Happening } from './domain/auction-state.ts';
import type { Lot, Step } from './domain/lot.ts';

/** The order by which a bidder pays his deposit: known before escrow has opened it. */
export const depositOrder = (saleId: string, party: string): string => derivedId(saleId, 'deposit', party);

/** What a step leads to outside: events, questions to escrow, and items of the hall with the rows that keep them. */
export function follows<E extends Effects>(effects: E, step: Step): E {
  for (const one of step.happened) followOne(effects, step.lot, one);
  for (const moment of moments(step)) effects.show(hall, moment.saleId, moment.seq, moment.item).append(moment);
  return effects;
}

/**
 * What a quote leads to: items of the hall and its own row, which keeps them too. It leads to no event: who wants the
 * quotes watches the stream or reads the rows, and the end tells how many there were.
 */
export function followsQuote<E extends Effects>(effects: E, step: Step, { bid, person }: Omit<BidRow, 'lot'>): E {
  for (const { saleId, seq, item } of moments(step)) effects.show(hall, saleId, seq, item);
  const row: BidRow = { bid, person, lot: step.lot };
  effects.append(row);
  return effects;
}

function moments({ lot: { auction, head }, items }: Step): MomentRow[] {
  const first = head - items.length + 1;
  return items.map((item, i) => ({ saleId: auction.saleId, seq: first + i, item }));
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
      return void effects.tell(depositsSettled, { saleId, returned: one.released }, saleId);
  }
}
