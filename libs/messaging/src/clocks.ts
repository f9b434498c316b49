import type { Step } from '@yuzhi/database/journal';
import { type Leased, isControl } from './judge.ts';

/**
 * Each partition's clock is the log's own time plus the platform clock's offset, and never goes back. Answers how far
 * each partition moves, and the time at which each record is decided.
 */
export function readClocks(taken: Leased[], steppable: boolean): { steps: Step[]; nowOf: Map<Leased, number> } {
  const steps = new Map<Leased['lease'], Step>();
  const nowOf = new Map<Leased, number>();
  for (const record of taken) {
    const { lease, offset, appended } = record;
    const { lastNow, clockOffsetMs } = steps.get(lease) ?? lease;
    const control = steppable ? isControl(record) : undefined;
    const clock = Math.max(clockOffsetMs, control?.offsetMs ?? 0);
    const now = Math.max(lastNow, appended + clock);
    steps.set(lease, { lease, next: offset + 1n, lastNow: now, clockOffsetMs: clock });
    nowOf.set(record, now);
  }
  return { steps: [...steps.values()], nowOf };
}
