/**
 * Divides an amount in fen in proportion to weights (whole numbers >= 0, at least one above zero, else RangeError) by
 * largest remainder: everybody gets the whole fen of his exact share, the fen left over go to the largest fractions,
 * the first of equals first. The parts add up to the total exactly and each is less than one fen from its exact share.
 * A negative total (a reversal) divides as the negation of the positive one.
 */
export function allocate(totalFen: bigint, weights: readonly bigint[]): bigint[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  if (whole <= 0n || weights.some((weight) => weight < 0n)) throw new RangeError('weights must be >= 0, not all zero');
  if (totalFen < 0n) return allocate(-totalFen, weights).map((part) => -part);
  const parts = weights.map((weight) => (totalFen * weight) / whole);
  const fractions = weights.map((weight, index) => ({ index, fraction: (totalFen * weight) % whole }));
  const left = Number(totalFen - parts.reduce((sum, part) => sum + part, 0n));
  fractions.sort((a, b) => (a.fraction === b.fraction ? a.index - b.index : a.fraction > b.fraction ? -1 : 1));
  for (const { index } of fractions.slice(0, left)) parts[index]! += 1n;
  return parts;
}
