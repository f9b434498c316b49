import { defineProcess } from '@yuzhi/chassis/process';
import { open, type OpenAuction, withBidder } from './auction.ts';
import type { Auction, Bidder, Happening } from './auction-state.ts';
import { bidderOf } from './bid-rule.ts';
import { advance, deadlineOf } from './deadlines.ts';
import { type DepositAnswer, isAsked, moveDeposit } from './deposit.ts';
import { type HallItem, hallItems } from './hall.ts';
import type { TermsRefusal } from './terms.ts';

/** The deposits of those who did not win: they go back at `dueAt`, and are settled when escrow has answered for all. */
export const returnsProcess = defineProcess('deposit-returns', {
  states: ['waiting', 'asked', 'settled'],
  initial: 'waiting',
  transitions: [
    { from: 'waiting', on: 'due', to: 'asked' },
    { from: 'asked', on: 'answered', to: 'settled' },
  ],
  final: ['settled'],
});
export interface Returns {
  dueAt: number;
  state: (typeof returnsProcess.states)[number];
}

/** An auction with what its owner keeps beside it. Plain data, never changed in place. */
export interface Lot {
  readonly auction: Auction;
  /** Rises with everything but a quote, which has a number of its own. */
  readonly version: number;
  /** Number of the last item of the live stream. */
  readonly head: number;
  /**
   * When to look again, never after the next thing that happens by itself. A quote of the timed period, which puts the
   * end off, does not move it: it changes nothing but what its own row says.
   */
  readonly deadlineAt: number | null;
  /** Null until the bidding has ended. */
  readonly returns: Returns | null;
}

/** The lot after a decision, what happened, and what of it the hall sees. */
export interface Step {
  lot: Lot;
  happened: readonly Happening[];
  items: readonly HallItem[];
}

const UNOPENED = { version: 0, head: 0, deadlineAt: null, returns: null };

export function openLot(opening: OpenAuction, now: number): Step | { refusal: TermsRefusal } {
  const { auction, events, refusal } = open(opening, now);
  return auction ? step({ ...UNOPENED, auction }, { auction }, events) : { refusal };
}

/** The lot with what a decision other than on a quote changed. */
export function step(
  before: Lot,
  { auction = before.auction, returns = before.returns }: Partial<Pick<Lot, 'auction' | 'returns'>>,
  happened: readonly Happening[],
): Step {
  const items = hallItems(happened);
  const head = before.head + items.length;
  const lot = { auction, returns, version: before.version + 1, head, deadlineAt: dueOf(auction, returns) };
  return { lot, happened, items };
}

/** The lot with a quote, valid or refused. Its deadlines were applied before. */
export function quoted(before: Lot, auction: Auction, happened: readonly Happening[]): Step {
  const items = hallItems(happened);
  return { lot: { ...before, auction, head: before.head + items.length }, happened, items };
}

/**
 * Applies what is due at `now`: the periods, the end, the return of deposits, questions that stay unanswered.
 * Undefined when nothing is. `returnsAt` says when the deposits go back after a bidding that ended then.
 */
export function advanceLot(lot: Lot, now: number, returnsAt: (endedAt: number) => number): Step | undefined {
  if (lot.deadlineAt === null || now < lot.deadlineAt) return undefined;
  const { auction, events } = advance(lot.auction, now);
  const happened: Happening[] = [...events];
  const ended = auction.result !== null && lot.returns === null;
  const returns: Returns | null = ended
    ? { dueAt: returnsAt(auction.result.endedAt), state: returnsProcess.initial }
    : lot.returns;
  if (returns?.state === 'waiting' && returns.dueAt <= now) return askReturns(lot, auction, returns, now, happened);
  return step(lot, { returns, auction: callUnanswered(auction, now, happened) }, happened);
}

/** Everybody whose deposit is held and who did not win gets it back. */
function askReturns(lot: Lot, auction: Auction, returns: Returns, now: number, happened: Happening[]): Step {
  const { dueAt: at } = returns;
  const moved = Object.entries(auction.bidders).flatMap(([party, bidder]) => {
    const returning = party === auction.result!.winner ? undefined : moveDeposit(bidder, 'return', now);
    return returning ? [[party, returning] as const] : [];
  });
  if (moved.length) happened.push({ type: 'deposits-due', at, parties: moved.map(([party]) => party) });
  const bidders = moved.length ? { ...auction.bidders, ...Object.fromEntries(moved) } : auction.bidders;
  const asked = { ...returns, state: returnsProcess.next(returns.state, 'due')! };
  return settle(lot, { ...auction, bidders }, asked, at, happened);
}

/** A contract binds the winner: his deposit becomes part of the price. Undefined when there is none to apply. */
export function applyDeposit(lot: Lot, now: number): Step | undefined {
  const winner = lot.auction.result?.winner;
  const bidder = winner ? bidderOf(lot.auction, winner) : undefined;
  const applying = bidder && moveDeposit(bidder, 'apply', now);
  if (!winner || !applying) return undefined;
  const auction = withBidder(lot.auction, winner, applying);
  return step(lot, { auction }, [{ type: 'winner-bound', at: now, party: winner }]);
}

/** Escrow's answer about a party's deposit. Undefined when it no longer fits. */
export function answerDeposit(lot: Lot, party: string, answer: DepositAnswer, now: number): Step | undefined {
  const bidder = bidderOf(lot.auction, party);
  const answered = bidder && moveDeposit(bidder, answer, now);
  return answered && settle(lot, withBidder(lot.auction, party, answered), lot.returns, now, []);
}

/** Escrow failed on the question: it stays open, for a person to look at. */
export function failDeposit(lot: Lot, party: string, reason: string, now: number): Step | undefined {
  const bidder = bidderOf(lot.auction, party);
  if (!bidder || !isAsked(bidder) || bidder.stuck === reason) return undefined;
  const auction = withBidder(lot.auction, party, { ...bidder, stuck: reason });
  return step(lot, { auction }, [{ type: 'deposit-stuck', at: now, party, reason }]);
}

function settle(lot: Lot, auction: Auction, returns: Returns | null, at: number, happened: Happening[]): Step {
  const bidders = Object.values(auction.bidders);
  if (returns?.state !== 'asked' || bidders.some(({ deposit }) => deposit === 'returning')) {
    return step(lot, { auction, returns }, happened);
  }
  happened.push({ type: 'deposits-settled', at, released: bidders.filter((b) => b.deposit === 'released').length });
  const settled = { ...returns, state: returnsProcess.next(returns.state, 'answered')! };
  return step(lot, { auction, returns: settled }, happened);
}

function callUnanswered(auction: Auction, now: number, happened: Happening[]): Auction {
  let called = auction;
  for (const [party, bidder] of openQuestions(auction)) {
    const at = unansweredAt(auction, bidder);
    if (at > now) continue;
    called = withBidder(called, party, { ...bidder, stuck: 'unanswered' });
    happened.push({ type: 'deposit-stuck', at, party, reason: 'unanswered' });
  }
  return called;
}

function dueOf(auction: Auction, returns: Returns | null): number | null {
  if (auction.period !== 'ended') return deadlineOf(auction);
  if (returns === null) return auction.result!.endedAt;
  if (returns.state === 'waiting') return returns.dueAt;
  const due = openQuestions(auction).map(([, bidder]) => unansweredAt(auction, bidder));
  return due.length ? Math.min(...due) : null;
}

const unansweredAt = ({ terms }: Auction, { askedAt }: Bidder) => askedAt! + terms.unansweredMs;

const openQuestions = ({ bidders }: Auction) =>
  Object.entries(bidders).filter(([, bidder]) => isAsked(bidder) && bidder.stuck === null);
