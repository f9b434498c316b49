import type { Told } from './drill.ts';

/** Of the calm before the first strike and behind the last, ms: what is further off tells of other things. */
const AROUND_MS = 3000;

export interface Window {
  from: number;
  to: number;
}
export interface Rise {
  /** The 99th percentile of what was sent while nothing was broken and while something was, ms, and of how many. */
  calmMs: number;
  struckMs: number;
  calm: number;
  struck: number;
  /** More callers waited longer than is allowed than one in a hundred and chance explain. */
  isBeyondChance: boolean;
}

function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0);
}

/** Of a thousand runs in which nothing rises, one is beyond it. */
const DEVIATIONS = 3;

/** Whether more of them are above the limit than a 99th percentile that stays below it leaves to chance. */
export function isAbove(values: readonly number[], limit: number): boolean {
  const [share, n] = [0.01, values.length];
  const above = values.filter((value) => value > limit).length;
  return above > n * share + DEVIATIONS * Math.sqrt(n * share * (1 - share));
}

/**
 * Whether callers waited longer within these windows (epoch ms) than between the strikes, from when each should have
 * been sent. What else a strike does is neither. `allowed`: what the 99th percentile may be, given the calm one, ms.
 */
export function riseOf(
  { recovered, heard }: Told,
  windows: readonly Window[],
  allowed: (calmMs: number) => number,
): Rise {
  const [calm, struck]: number[][] = [[], []];
  const [first, last] = [recovered[0]?.at ?? 0, recovered.at(-1)?.wholeAt ?? 0];
  for (const { sentAt, intendedAt = sentAt, answeredAt } of heard) {
    const waitedMs = answeredAt - intendedAt;
    if (windows.some(({ from, to }) => sentAt >= from && sentAt < to)) struck!.push(waitedMs);
    else if (sentAt < first - AROUND_MS || sentAt > last + AROUND_MS) continue;
    else if (!recovered.some(({ at, wholeAt }) => sentAt >= at && sentAt < wholeAt)) calm!.push(waitedMs);
  }
  const calmMs = p99(calm!);
  const counts = { calm: calm!.length, struck: struck!.length };
  return { calmMs, struckMs: p99(struck!), ...counts, isBeyondChance: isAbove(struck!, allowed(calmMs)) };
}
