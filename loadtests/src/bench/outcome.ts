import type { Outcome } from './sample.ts';
import { sum } from './stats.ts';
import type { Loaded } from './wrk.ts';

/** Refusals of the business: decided, and answered in order. */
const DECIDED = /^4(09|22) /;

/** `decided` counts a quote that was refused for another one too: a lock hands out turns in no order. */
export function outcomeOf(loaded: Loaded, counts: 'accepted' | 'decided' = 'accepted'): Outcome {
  const { accepted, answered, others, unanswered, seconds, latencyMs } = loaded;
  const decided = sum(Object.entries(others).map(([said, count]) => (DECIDED.test(said) ? count : 0)));
  return {
    operations: counts === 'decided' ? accepted + decided : accepted,
    attempts: answered + unanswered,
    others: { ...others, ...(unanswered && { unanswered }) },
    seconds,
    latencyMs,
  };
}
