import { MAX_FEN } from '@yuzhi/money/fen';
import { share } from '@yuzhi/money/rate';

/** The conditions of one online bidding (网络竞价), fixed when it is opened. Instants in epoch milliseconds. */
export interface Terms {
  currency: 'CNY';
  startPriceFen: bigint;
  /** Hidden from bidders; the highest quote below it does not win. */
  reserveFen: bigint | null;
  incrementFen: bigint;
  depositFen: bigint;
  /** The version of the bidding rules that every bidder accepts: conditions must be equal for all. */
  rulesVersion: string;
  /** Of the rulebook by whose limits they were checked. */
  rulebookVersion: string;
  /** From this instant on nobody is registered or admitted. */
  admissionEndsAt: number;
  freeStartsAt: number;
  freeEndsAt: number;
  /** Milliseconds without a valid quote after which the bidding is over. */
  cycleMs: number;
  /** How long escrow may leave a question about a deposit open before a person looks at it. */
  unansweredMs: number;
}

/** What a bidder may see of the terms: that a reserve exists, never how much. */
export type PublicTerms = Omit<Terms, 'reserveFen'> & { reserved: boolean };

export const publicTerms = ({ reserveFen, ...shown }: Terms): PublicTerms => ({
  ...shown,
  reserved: reserveFen !== null,
});

/** Limits from the rulebook on what a seller may choose. */
export interface Bounds {
  minStartFen: bigint;
  minDepositFen: bigint;
  maxDepositFen: bigint;
}

/** Shares of the start price that a deposit lies between. */
export interface DepositRule {
  minDepositBps: number;
  maxDepositBps: number;
}

/** The rates of the Supreme People's Court's rules for online judicial auctions, as the rulebook holds them. */
export interface CourtRule extends DepositRule {
  minStartBps: number;
  /** How far the start price may be cut for the second bidding. */
  maxRestartCutBps: number;
}

/** Bounds of a bidding whose seller is free in his start price. */
export const freeBounds = (startFen: bigint, rule: DepositRule): Bounds => bounds(1n, startFen, rule);

/** Bounds of a first bidding at `startFen` for a right appraised at `appraisalFen`. */
export const firstBounds = (appraisalFen: bigint, startFen: bigint, rule: CourtRule): Bounds =>
  bounds(share(appraisalFen, rule.minStartBps, 'up'), startFen, rule);

/** Bounds of the second bidding, after a first one that began at `lastStartFen` ended unsold. */
export const secondBounds = (lastStartFen: bigint, startFen: bigint, rule: CourtRule): Bounds =>
  bounds(share(lastStartFen, 10_000 - rule.maxRestartCutBps, 'up'), startFen, rule);

const bounds = (minStartFen: bigint, startFen: bigint, rule: DepositRule): Bounds => ({
  minStartFen,
  minDepositFen: share(startFen, rule.minDepositBps, 'up'),
  maxDepositFen: share(startFen, rule.maxDepositBps, 'down'),
});

/** Why terms are refused; the first violated one is named. */
export const TERMS_REFUSALS = [
  'start-price-out-of-bounds',
  'reserve-out-of-bounds',
  'deposit-out-of-bounds',
  'periods-out-of-order',
] as const;
export type TermsRefusal = (typeof TERMS_REFUSALS)[number];

const DAY_MS = 86_400_000;
const between = (min: bigint, fen: bigint, max: bigint) => min <= fen && fen <= max;
const payable = (fen: bigint) => between(1n, fen, MAX_FEN);

/**
 * Checks terms proposed at `now` against themselves and, where the rulebook sets limits, against `limits`. Throws
 * RangeError on what no listing can propose.
 */
export function refusalOfTerms(terms: Terms, limits: Bounds | null, now: number): TermsRefusal | null {
  const { startPriceFen, reserveFen, incrementFen, depositFen, cycleMs } = terms;
  const cycles = Number.isSafeInteger(cycleMs) && cycleMs >= 1 && cycleMs <= DAY_MS;
  if (!cycles || !payable(startPriceFen) || !payable(incrementFen)) throw new RangeError('terms that are none');
  if (startPriceFen < (limits?.minStartFen ?? 1n)) return 'start-price-out-of-bounds';
  if (reserveFen !== null && !between(startPriceFen, reserveFen, MAX_FEN)) return 'reserve-out-of-bounds';
  if (!between(limits?.minDepositFen ?? 0n, depositFen, limits?.maxDepositFen ?? MAX_FEN)) {
    return 'deposit-out-of-bounds';
  }
  return inOrder(terms, now) ? null : 'periods-out-of-order';
}

function inOrder({ admissionEndsAt, freeStartsAt, freeEndsAt }: Terms, now: number): boolean {
  if (![admissionEndsAt, freeStartsAt, freeEndsAt].every(Number.isSafeInteger)) return false;
  return now < admissionEndsAt && admissionEndsAt <= freeEndsAt && now <= freeStartsAt && freeStartsAt < freeEndsAt;
}
