/** Of fifteen digits, as the script of wrk wants them. */
const FIRST_AMOUNT = 100_000_000_000_000;
/** More than any one load can send: the next one's quotes are higher than all of the last. */
const STRIDE = 1_000_000_000;

let loads = 0;
const sentTo = new WeakMap<readonly string[], number>();

/** Where a load on these lots begins: its first amount, and how many requests they were sent before. */
export function turnOf(lots: readonly string[]): { amount: number; first: number } {
  loads += 1;
  return { amount: FIRST_AMOUNT + loads * STRIDE, first: sentTo.get(lots) ?? 0 };
}

/** The next load goes on with the lot and the bidder whose turn it is: nobody outbids himself. */
export function noteSent(lots: readonly string[], sent: number): void {
  sentTo.set(lots, (sentTo.get(lots) ?? 0) + sent);
}

/** How many bidders take turns on one lot. All of them share the lots evenly, so that nobody's allowance runs out. */
export const biddersPerLot = (lots: number, bidders: number): number =>
  Math.min(bidders, Math.max(2, Math.floor(bidders / lots)));
