import { metrics } from '@yuzhi/telemetry/metrics';
import { Distribution, merged } from '@yuzhi/telemetry/series';

/** How long a generation of answers is counted. */
const GENERATION_MS = 60_000;

/** How long the callers of one thing waited, in the buckets of all requests: of the last one to two minutes. */
export class AnswerTimes {
  #recent = empty();
  #older = empty();
  #since: number;

  /** `now` in ms of any clock that only rises. */
  constructor(now = performance.now()) {
    this.#since = now;
  }
  add(waitedMs: number, now: number): void {
    this.#age(now);
    this.#recent.observe(waitedMs / 1000);
  }
  /** By bucket; the last is for what took longer than every bound. */
  counts(now = performance.now()): number[] {
    this.#age(now);
    return merged([this.#recent.counts, this.#older.counts]);
  }
  #age(now: number): void {
    const generations = Math.floor((now - this.#since) / GENERATION_MS);
    if (generations === 0) return;
    this.#older = generations === 1 ? this.#recent : empty();
    this.#recent = empty();
    this.#since += generations * GENERATION_MS;
  }
}

const empty = () => new Distribution({}, metrics.requests.bounds);
