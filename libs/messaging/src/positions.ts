import { Refused } from '@yuzhi/database/journal';
import type { Log } from './log.ts';

/**
 * Throws Refused when the log does not hold what comes next for us: it begins behind it, or ends before it. Clients of
 * Kafka say nothing then and begin anew, which would lose records or take others for them.
 */
export async function assertHeld(log: Log, topic: string, partition: number, next: bigint): Promise<void> {
  const [earliest, ends] = await Promise.all([log.earliest(topic), log.ends(topic)]);
  const [first, end] = [earliest.get(partition), ends.get(partition)];
  if (first === undefined || end === undefined) throw new Refused(`${topic} has no partition ${partition}`);
  if (first <= next && next <= end) return;
  throw new Refused(`${topic}/${partition}: we go on at offset ${next}, and the log holds ${first} to ${end}`);
}

/** Records of a topic that a group has not worked through; `own` is how far this process itself got since it began. */
export async function behind(
  log: Log,
  topic: string,
  group: string,
  own: ReadonlyMap<number, bigint>,
): Promise<number> {
  const ends = await log.ends(topic);
  const open = [...ends].filter(([partition, end]) => (own.get(partition) ?? -1n) < end);
  if (!open.length) return 0;
  const acknowledged = await log.acknowledged(topic, group);
  return open.reduce((sum, [partition, end]) => {
    const reached = [own.get(partition) ?? 0n, acknowledged.get(partition) ?? 0n].reduce((a, b) => (a > b ? a : b));
    return sum + Math.max(0, Number(end - reached));
  }, 0);
}
