/** What was broken, when, and when it was whole again, epoch ms. */
export interface Strike {
  what: string;
  at: number;
  wholeAt: number;
}
/** Of a line of the client's log. */
export interface Heard {
  sentAt: number;
  answeredAt: number;
  intendedAt?: number;
}
export interface Recovery extends Strike {
  /** From being whole again to the first answer to an operation that was sent after that; null: there was none. */
  answeredAfterMs: number | null;
  /** Operations that were answered while it was broken. */
  answeredMeanwhile: number;
}

/** How soon callers were answered again after each strike. */
export const recoveries = (strikes: readonly Strike[], heard: readonly Heard[]): Recovery[] =>
  strikes.map((strike) => {
    const after = heard.filter(({ sentAt }) => sentAt >= strike.wholeAt).map(({ answeredAt }) => answeredAt);
    const meanwhile = heard.filter(({ answeredAt }) => answeredAt >= strike.at && answeredAt < strike.wholeAt);
    return {
      ...strike,
      answeredAfterMs: after.length ? Math.min(...after) - strike.wholeAt : null,
      answeredMeanwhile: meanwhile.length,
    };
  });

/** The value that half of them do not exceed, and the greatest; null of none. */
export interface Spread {
  median: number;
  worst: number;
}
/** Of none: null. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length ? { median: sorted[Math.ceil(sorted.length / 2) - 1]!, worst: sorted.at(-1)! } : null;
}

/** Recovery times of all strikes, ms. A strike that nobody was answered after is not among them. */
export function summaryOf(recovered: readonly Recovery[]) {
  const answered = recovered.filter(({ answeredAfterMs }) => answeredAfterMs !== null);
  return {
    strikes: recovered.length,
    unanswered: recovered.length - answered.length,
    brokenMs: spreadOf(recovered.map(({ at, wholeAt }) => wholeAt - at)),
    answeredAfterMs: spreadOf(answered.map(({ answeredAfterMs }) => answeredAfterMs!)),
    /** From the blow to the first answer to what was sent when everything was whole again. */
    fromTheBlowMs: spreadOf(answered.map(({ at, wholeAt, answeredAfterMs }) => wholeAt - at + answeredAfterMs!)),
  };
}

/** Draws below `n` that a seed repeats: mulberry32. */
export function drawsFrom(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}
