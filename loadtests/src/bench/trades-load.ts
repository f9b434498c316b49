import type { Prepare } from './prepare.ts';

/** Deals that are in progress together: enough for batches, and no more than a market of that size has. */
const ABREAST = 100;
const PER_SECOND = 10;

const countOf = (seconds: number) => Math.min(ABREAST, Math.ceil(seconds * PER_SECOND));

/** Services that a deal passes through, besides those that have a column of their own. */
const OTHERS = ['contracts', 'listings', 'register', 'oversight', 'identity'];

/** So many whole deals at once, however long they take. */
export const tradesLoad: Prepare = async (bench) => {
  const trades = await bench.trades();
  const { cast: own } = await bench.target('ours');
  const cast = { ...own, services: OTHERS.map((name) => bench.place.pids[name]!) };
  return {
    cast,
    supply: (seconds) => trades.supply(countOf(seconds)),
    load: (seconds) => trades.close(countOf(seconds)),
  };
};

/** As many whole deals as the naive app takes. */
export const naiveDealsLoad: Prepare = async (bench) => {
  const naive = await bench.naiveDeals();
  const people = await bench.bidders.signedIn();
  return { cast: naive.cast, load: (seconds) => naive.load(seconds, people) };
};
