import { allocate } from '@yuzhi/money/allocate';
import type { NetDeduction } from '@yuzhi/protocol/escrow';
import type { z } from 'zod';

const WHOLE_BPS = 10_000;
const WHOLE = BigInt(WHOLE_BPS);

/** Rates in force, from the rulebook. Amounts in fen, rates in basis points. */
export interface ShareRule {
  feeBps: number;
  feeMinFen: bigint;
  /** null: no upper limit. */
  feeMaxFen: bigint | null;
  /**
   * The inventors' least share of net income anywhere: 5,000 by the Law on Promoting the Transformation of Scientific
   * and Technological Achievements, art. 45. A contract may be bound to more: 7,000 by the Henan regulation, art. 40.
   */
  inventorFloorBps: number;
}

export interface Inventor {
  party: string;
  /** Parts of the inventors' share, a whole number above zero. */
  weight: bigint;
}

export interface Release {
  priceFen: bigint;
  /** What the seller documented to have spent on the deal. */
  costsFen: bigint;
  /** What net income is the price less of. */
  netDeducts: readonly z.output<typeof NetDeduction>[];
  /** The inventors' agreed share of net income; below the floor, the floor applies. */
  inventorBps: number;
  /** Empty where nobody has a claim: the seller invented it, or it was not made in service. */
  inventors: readonly Inventor[];
}

/** Who gets what of a price: fee + inventors + seller = price, to the fen. */
export interface Split {
  feeFen: bigint;
  /** Price less what comes off it, never below zero: what the inventors' share is a share of. */
  netFen: bigint;
  inventors: readonly { party: string; amountFen: bigint }[];
  /** The rest: the seller's costs and its part of the net income. */
  sellerFen: bigint;
}

/** Why a price cannot be split; the first violated rule is named. */
export const SHARE_REFUSALS = [
  'price-not-positive',
  'costs-negative',
  'inventor-share-out-of-bounds',
  'inventor-weight-not-positive',
  'inventor-named-twice',
] as const;
export type ShareRefusal = (typeof SHARE_REFUSALS)[number];

export type ShareDecision = { refusal: null; split: Split } | { refusal: ShareRefusal; split: null };

/** Splits the price of a deal for its release. Throws only on a rulebook that contradicts itself. */
export function splitRelease(release: Release, rule: ShareRule): ShareDecision {
  assertSound(rule);
  const refusal = refusalOf(release);
  if (refusal) return { refusal, split: null };
  const { priceFen, costsFen, inventors, netDeducts } = release;
  const feeFen = feeOf(priceFen, rule);
  const comesOff = { fee: feeFen, costs: costsFen };
  const netFen = max(
    netDeducts.reduce((rest, what) => rest - comesOff[what], priceFen),
    0n,
  );
  const sharedFen = inventors.length === 0 ? 0n : shareOf(netFen, Math.max(release.inventorBps, rule.inventorFloorBps));
  const amounts =
    inventors.length === 0
      ? []
      : allocate(
          sharedFen,
          inventors.map((inventor) => inventor.weight),
        );
  return {
    refusal: null,
    split: {
      feeFen,
      netFen,
      inventors: inventors.map(({ party }, i) => ({ party, amountFen: amounts[i]! })),
      sellerFen: priceFen - feeFen - sharedFen,
    },
  };
}

/** The platform's fee in fen: the rate of the price, half a fen up, within its limits and never more than the price. */
export function feeOf(priceFen: bigint, { feeBps, feeMinFen, feeMaxFen }: ShareRule): bigint {
  const rated = max((priceFen * BigInt(feeBps) + WHOLE / 2n) / WHOLE, feeMinFen);
  return min(min(rated, feeMaxFen ?? rated), priceFen);
}

/** Rounded up: a floor that is missed by a part of a fen is missed. */
const shareOf = (netFen: bigint, bps: number) => (netFen * BigInt(bps) + WHOLE - 1n) / WHOLE;
const max = (a: bigint, b: bigint) => (a > b ? a : b);
const min = (a: bigint, b: bigint) => (a < b ? a : b);
const isShare = (bps: number) => Number.isInteger(bps) && bps >= 0 && bps <= WHOLE_BPS;

function refusalOf({ priceFen, costsFen, inventorBps, inventors }: Release): ShareRefusal | null {
  if (priceFen <= 0n) return 'price-not-positive';
  if (costsFen < 0n) return 'costs-negative';
  if (!isShare(inventorBps)) return 'inventor-share-out-of-bounds';
  if (inventors.some(({ weight }) => weight <= 0n)) return 'inventor-weight-not-positive';
  return new Set(inventors.map(({ party }) => party)).size < inventors.length ? 'inventor-named-twice' : null;
}

function assertSound({ feeBps, feeMinFen, feeMaxFen, inventorFloorBps }: ShareRule): void {
  const limits = feeMinFen >= 0n && (feeMaxFen === null || feeMinFen <= feeMaxFen);
  if (!isShare(feeBps) || !isShare(inventorFloorBps) || !limits)
    throw new RangeError('the rulebook contradicts itself');
}
