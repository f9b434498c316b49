import { share } from '@yuzhi/money/rate';

/** How an agreed contract deposit (定金) divides, and what either party's breach costs. All in fen. */
export interface EarnestMoney {
  /** The part with the effect of earnest money. */
  earnestFen: bigint;
  /** What was agreed above the cap: it counts towards the price and is never forfeited or doubled. */
  prepaymentFen: bigint;
  /** Forfeited by a buyer in breach: negative, the buyer's loss. */
  buyerBreachFen: bigint;
  /** Returned to the buyer by a seller in breach: the earnest money doubled. */
  sellerBreachFen: bigint;
}

/**
 * Splits an agreed earnest money of `agreedFen` at `capBps` basis points of the price, rounded down to whole fen
 * because the cap may not be exceeded (Civil Code, arts 586 and 587). Throws RangeError unless 0 < agreed <= price.
 */
export function earnestMoney(priceFen: bigint, agreedFen: bigint, capBps: number): EarnestMoney {
  if (agreedFen <= 0n || agreedFen > priceFen) throw new RangeError('earnest money must lie within the price');
  const capFen = share(priceFen, capBps, 'down');
  const earnestFen = agreedFen < capFen ? agreedFen : capFen;
  return {
    earnestFen,
    prepaymentFen: agreedFen - earnestFen,
    buyerBreachFen: -earnestFen,
    sellerBreachFen: 2n * earnestFen,
  };
}
