/** An exact rate, numerator/denominator, denominator above zero: 7 % is 700/10000, never 0.07. */
export interface Rate {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Half a fen away from zero is the rule; `down` where a cap, `up` where a floor may not be missed by part of a fen. */
export type Rounding = 'half-up' | 'down' | 'up';

const DECIMAL = /^(\d{1,20})(?:\.(\d{1,20}))?(%?)$/;

/** Any fraction. Throws RangeError unless numerator >= 0 and denominator > 0. */
export function ratio(numerator: bigint, denominator: bigint): Rate {
  if (numerator < 0n || denominator <= 0n) throw new RangeError('a rate is a fraction of at least zero');
  return { numerator, denominator };
}

/** Basis points, 1/10000: a whole number of at least zero, else RangeError. */
export function bps(points: number): Rate {
  if (!Number.isSafeInteger(points)) throw new RangeError('basis points are whole');
  return ratio(BigInt(points), 10_000n);
}

/** A rate from its exact decimal notation, `0.094822` or `9.4822%`. Throws RangeError on anything else. */
export function rate(decimal: string): Rate {
  const found = DECIMAL.exec(decimal);
  if (!found) throw new RangeError(`not a decimal rate: ${decimal}`);
  const [, whole = '', places = '', percent = ''] = found;
  return ratio(BigInt(whole + places), 10n ** BigInt(places.length + 2 * percent.length));
}

/** The exact product, to be rounded once, by `share`. */
export const multiply = (a: Rate, b: Rate): Rate => ratio(a.numerator * b.numerator, a.denominator * b.denominator);

/**
 * The share of an amount in fen at a rate, or at a number of basis points, rounded once, here. A negative amount
 * (a reversal) yields exactly the negated share. Throws RangeError on a negative or fractional number of points.
 */
export function share(fen: bigint, at: Rate | number, rounding: Rounding = 'half-up'): bigint {
  const { numerator, denominator } = typeof at === 'number' ? bps(at) : at;
  return divide(fen * numerator, denominator, rounding);
}

/** Division to a whole number, rounded by magnitude. The divisor is above zero. */
export function divide(dividend: bigint, divisor: bigint, rounding: Rounding = 'half-up'): bigint {
  if (dividend < 0n) return -divide(-dividend, divisor, rounding);
  const carry = { 'half-up': divisor / 2n, down: 0n, up: divisor - 1n }[rounding];
  return (dividend + carry) / divisor;
}
