import { ask, given, send } from './gate.ts';
import type { getAuction, listBids, placeBid, registerBidder } from '@yuzhi/protocol/bidding';
import type { getListing, listListings } from '@yuzhi/protocol/listings';
import type { Lot } from '../load/given.ts';
import { draw } from './pace.ts';
import { payOrder } from './paying.ts';

const WORDS = ['数控', '电池', '传感', '种子', 'bearing', 'diamond', '演示'];
const pick = <T>(of: readonly T[], chance: number): T => of[Math.floor(chance * of.length)]!;

/** The market's newest pages, and one listing of them. */
function browse(chance: number): void {
  const page = ask<typeof listListings>('listings.listing.list.v1', { limit: 20 });
  const one = page?.items.length ? pick(page.items, chance) : undefined;
  if (one) ask<typeof getListing>('listings.listing.get.v1', { saleId: one.saleId });
}

function search(chance: number): void {
  ask<typeof listListings>('listings.listing.list.v1', { limit: 20, q: pick(WORDS, chance) });
}

function watch(lot: Lot): void {
  ask<typeof getAuction>('bidding.auction.get.v1', { saleId: lot.saleId });
  ask<typeof listBids>('bidding.auction.bids.v1', { saleId: lot.saleId, limit: 20 });
}

/** As a person does it: looks at the price, and quotes the next one unless he leads. */
function bid(lot: Lot, chance: number, intendedAt: number): void {
  const auction = ask<typeof getAuction>('bidding.auction.get.v1', { saleId: lot.saleId });
  if (!auction?.nextValidFen) return;
  const others = lot.bidders.filter((_, i) => i + 1 !== auction.leadingPaddle);
  const input = { saleId: lot.saleId, amountFen: auction.nextValidFen };
  send<typeof placeBid>('bidding.auction.place-bid.v1', input, given.actors[pick(others, chance)]!, { intendedAt });
}

/** Somebody new registers and pays his deposit; once all are in, the halls have one more to watch. */
function pay(n: number, intendedAt: number): void {
  const pairs = given.lots.flatMap((lot) => lot.strangers.map((stranger) => ({ lot, stranger })));
  const pair = pairs[n];
  if (!pair) return watch(given.lots[n % given.lots.length]!);
  const actor = given.actors[pair.stranger]!;
  const { saleId } = pair.lot;
  const auction = ask<typeof getAuction>('bidding.auction.get.v1', { saleId });
  if (!auction) return;
  const input = { saleId, rulesVersion: auction.terms.rulesVersion };
  const outcome = send<typeof registerBidder>('bidding.auction.register-bidder.v1', input, actor, { intendedAt });
  if (outcome && outcome.status < 400) payOrder(outcome.body.orderId, actor);
}

/** Of a hundred: 35 browse, 15 search, 20 watch, 26 bid, 4 pay. */
const PAY_EVERY = 25;

/** What visitor number `i` does. */
export function visit(i: number, intendedAt: number): void {
  const [what, where, chance] = [draw(given.seed, i), draw(given.seed + 1, i), draw(given.seed + 2, i)];
  const lot = pick(given.lots, where);
  if (i % PAY_EVERY === PAY_EVERY - 1) return pay(Math.floor(i / PAY_EVERY), intendedAt);
  if (what < 0.36) return browse(chance);
  if (what < 0.52) return search(chance);
  if (what < 0.73) return watch(lot);
  return bid(lot, chance, intendedAt);
}
