import type { Acknowledged } from '../reconcile/acknowledged.ts';
import type { Line } from './plot.ts';

/** The value that the share of the sorted values does not exceed; 0 of none. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted.length ? sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]! : 0;

/** From when it should have been sent until it was answered, ms. */
export const latencyOf = ({ intendedAt, sentAt, answeredAt }: Acknowledged): number =>
  Math.round(answeredAt - (intendedAt ?? sentAt));

/** What the client's log tells of one second after the other. */
export interface Second {
  /** Seconds from the first operation. */
  at: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** By the second in which each was answered, every second from the first to the last. */
export function timeline(log: readonly Acknowledged[]): Second[] {
  if (!log.length) return [];
  const start = log.reduce((first, { sentAt }) => Math.min(first, sentAt), Infinity);
  const bySecond = Map.groupBy(log, ({ answeredAt }) => Math.floor((answeredAt - start) / 1000));
  const last = [...bySecond.keys()].reduce((most, second) => Math.max(most, second), 0);
  return Array.from({ length: last + 1 }, (_, at) => {
    const sorted = (bySecond.get(at) ?? []).map(latencyOf).toSorted((a, b) => a - b);
    return { at, perSecond: sorted.length, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) };
  });
}

export const rateLines = (seconds: readonly Second[]): Line[] => [
  { name: 'answered', points: seconds.map(({ at, perSecond }) => [at, perSecond] as const) },
];
export const latencyLines = (seconds: readonly Second[]): Line[] => {
  const busy = seconds.filter(({ perSecond }) => perSecond > 0);
  return [
    { name: 'p50', points: busy.map(({ at, p50Ms }) => [at, p50Ms] as const) },
    { name: 'p99', points: busy.map(({ at, p99Ms }) => [at, p99Ms] as const) },
  ];
};
