/** The largest amount the platform handles: 9·10^15 fen, ¥90 trillion. A thousand of them still fit a 64-bit column. */
export const MAX_FEN = 9_000_000_000_000_000n;

const DIGITS = /^(0|[1-9]\d{0,15})$/;
const SIGNED_DIGITS = /^(0|-?[1-9]\d{0,15})$/;
const bounded = (fen: bigint) => -MAX_FEN <= fen && fen <= MAX_FEN;

/** Whether this is an amount in fen as it travels: digits without sign or leading zeros, MAX_FEN at most. */
export const isFen = (digits: string): boolean => DIGITS.test(digits) && bounded(BigInt(digits));

/** The same with a sign, as on a ledger entry. Minus zero does not exist. */
export const isSignedFen = (digits: string): boolean => SIGNED_DIGITS.test(digits) && bounded(BigInt(digits));

/** Reads an amount in fen as it travels. Throws RangeError on anything that is none. */
export function parseFen(digits: string): bigint {
  if (!isFen(digits)) throw new RangeError('not an amount in fen');
  return BigInt(digits);
}

/** The same with a sign. Throws RangeError. */
export function parseSignedFen(digits: string): bigint {
  if (!isSignedFen(digits)) throw new RangeError('not a signed amount in fen');
  return BigInt(digits);
}

/** Fen as the digit string that travels; JSON numbers would round it. Throws RangeError unless 0 <= fen <= MAX_FEN. */
export function toDigits(fen: bigint): string {
  if (fen < 0n || !bounded(fen)) throw new RangeError('amount in fen out of bounds');
  return String(fen);
}

/** The same with a sign. Throws RangeError beyond ±MAX_FEN. */
export function toSignedDigits(fen: bigint): string {
  if (!bounded(fen)) throw new RangeError('amount in fen out of bounds');
  return String(fen);
}

const HUMAN = /^[¥￥]?(\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.(\d{1,10}))?(万|亿)?元?$/;
/** Decimal places that a unit adds to the two of a yuan. */
const PLACES = { 元: 2, 万: 6, 亿: 10 };

/**
 * Reads yuan as a person writes them: `12.34`, `¥1,268,000.50`, `126.8 万元`, full-width digits and blanks included.
 * Undefined when it is no amount, is negative, has a part of a fen, or exceeds MAX_FEN: nothing is ever rounded away.
 */
export function parseYuan(text: string): bigint | undefined {
  const found = HUMAN.exec(text.normalize('NFKC').replace(/\s/g, ''));
  if (!found) return undefined;
  const [, whole = '', decimals = '', unit = '元'] = found;
  const places = PLACES[unit as keyof typeof PLACES];
  const exact = decimals.replace(/0+$/, '');
  if (exact.length > places) return undefined;
  const fen = BigInt(whole.replaceAll(',', '') + exact.padEnd(places, '0'));
  return fen > MAX_FEN ? undefined : fen;
}

/** An amount written in yuan in source or test, `fen('12.34') === 1234n`. Throws RangeError where parseYuan refuses. */
export function fen(yuan: string): bigint {
  const amount = parseYuan(yuan);
  if (amount === undefined) throw new RangeError(`not an amount in yuan: ${yuan}`);
  return amount;
}
