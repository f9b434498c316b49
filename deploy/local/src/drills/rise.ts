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
}

function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0);
}

/**
 * Whether callers waited longer within these windows (epoch ms) than between the strikes, from when each should have
 * been sent. What else a strike does is neither.
 */
export function riseOf({ recovered, heard }: Told, windows: readonly Window[]): Rise {
  const [calm, struck]: number[][] = [[], []];
  const [first, last] = [recovered[0]?.at ?? 0, recovered.at(-1)?.wholeAt ?? 0];
  for (const { sentAt, intendedAt = sentAt, answeredAt } of heard) {
    const waitedMs = answeredAt - intendedAt;
    if (windows.some(({ from, to }) => sentAt >= from && sentAt < to)) struck!.push(waitedMs);
    else if (sentAt < first - AROUND_MS || sentAt > last + AROUND_MS) continue;
    else if (!recovered.some(({ at, wholeAt }) => sentAt >= at && sentAt < wholeAt)) calm!.push(waitedMs);
  }
  return { calmMs: p99(calm!), struckMs: p99(struck!), calm: calm!.length, struck: struck!.length };
}
