import type { Lease } from '@yuzhi/database/journal';
import type { Taken } from './log.ts';

/** One partition of a service's commands as its writer works through it. */
export interface Partition {
  readonly number: number;
  lease: Lease | undefined;
  /** Where the queue begins: what the last commit or lease said. */
  next: bigint;
  /** The next offset that fits behind the queue. */
  expected: bigint;
  queue: Taken[];
  /** Its queue was full while it could not move: what came then was let go and is to be read again. */
  skipped: boolean;
  /** How many of the next records are committed one by one, to find the poisoned one. */
  alone: number;
  /** Not before this instant: it waits for a deployment. */
  notBefore: number;
  failures: number;
  room: (() => void)[];
}

/** A partition that was just handed out. */
export const freshPartition = (number: number): Partition => ({
  number,
  lease: undefined,
  next: 0n,
  expected: -1n,
  queue: [],
  skipped: false,
  alone: 0,
  notBefore: 0,
  failures: 0,
  room: [],
});

/** Lets everybody go on who waits for room in its queue. */
export function release({ room }: Partition): void {
  for (const go of room.splice(0)) go();
}
