/** A change of the rate: within so many seconds to so many iterations a second, evenly. */
export interface Stage {
  durationS: number;
  target: number;
}

/**
 * Seconds from the start of a scenario until its iteration number `n` (from 0) is due, at a rate that begins with
 * `startRate` a second and goes through the stages; beyond the last one it stays at its rate.
 */
export function dueAfterS(n: number, startRate: number, stages: readonly Stage[]): number {
  let rate = startRate;
  let atS = 0;
  let left = n;
  for (const { durationS, target } of stages) {
    const within = ((rate + target) / 2) * durationS;
    if (left < within) return atS + solve(left, rate, (target - rate) / durationS);
    [left, atS, rate] = [left - within, atS + durationS, target];
  }
  return rate > 0 ? atS + left / rate : Infinity;
}

/** The time after which `count` iterations are due when the rate begins with `rate` and grows by `slope` a second. */
const solve = (count: number, rate: number, slope: number): number =>
  slope === 0 ? count / rate : (Math.sqrt(rate * rate + 2 * slope * count) - rate) / slope;

/** A number in [0, 1) for each pair, the same for the same seed. */
export function draw(seed: number, n: number): number {
  let x = Math.imul((seed ^ 0x9e3779b9) + Math.imul(n + 1, 0x85ebca6b), 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 0x1_0000_0000;
}
