import type { Options } from 'k6/options';
import { given } from './gate.ts';

declare const __ENV: Record<string, string>;

type Thresholds = NonNullable<Options['thresholds']>;

/** What every scenario must keep. */
const ALWAYS: Thresholds = { answered: ['rate>0.999'] };

/** The shared thresholds and those of a scenario; `speed` and what suffers with it only where it is judged. */
export const thresholds = (own: Thresholds, speed: Thresholds = {}): Thresholds => ({
  ...ALWAYS,
  ...own,
  ...(given.judgesLatency && { dropped_iterations: ['count<1'], ...speed }),
});

/** Of commands, by the instant at which they should have been sent, ms. */
export const quick = (type: string, p95: number, p99: number): Thresholds => ({
  [`latency{name:${type}}`]: [`p(95)<${p95}`, `p(99)<${p99}`],
});

/** The summary goes to a file for the report. */
export const handleSummary = (data: object): Record<string, string> => ({
  [__ENV['YUZHI_SUMMARY']!]: JSON.stringify(data),
});
