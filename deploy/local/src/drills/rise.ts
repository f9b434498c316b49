import type { Told } from './drill.ts';

/** Of the calm before the first strike and behind the last, ms: what is further off tells of other things. */
const AROUND_MS = 3000;

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

/** Whether callers waited longer during the strikes than between them, from when each should have been sent. */
export function riseOf({ recovered, heard }: Told): Rise {
  const [calm, struck]: number[][] = [[], []];
  const [first, last] = [recovered[0]?.at ?? 0, recovered.at(-1)?.wholeAt ?? 0];
  for (const { sentAt, intendedAt = sentAt, answeredAt } of heard) {
    // Before the first strike the platform was still getting warm.
    if (sentAt < first - AROUND_MS || sentAt > last + AROUND_MS) continue;
    const isStruck = recovered.some(({ at, wholeAt }) => sentAt >= at && sentAt < wholeAt);
    (isStruck ? struck! : calm!).push(answeredAt - intendedAt);
  }
  return { calmMs: p99(calm!), struckMs: p99(struck!), calm: calm!.length, struck: struck!.length };
}
