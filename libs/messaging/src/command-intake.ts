import { type Journal, Known, type Lease, Refused } from '@yuzhi/database/journal';
import type { Reader, Store } from '@yuzhi/database/store';
import type { Logger } from '@yuzhi/telemetry/logging';
import { metrics } from '@yuzhi/telemetry/metrics';
import type { Distribution } from '@yuzhi/telemetry/series';
import { reasonOf } from './commit-failure.ts';
import type { Committed, Committer, Outbound } from './committer.ts';
import { freshPartition, type Partition, release } from './intake-partition.ts';
import type { Leased } from './judge.ts';
import type { Batch, CommandFollower, Log, Seek } from './log.ts';
import { OutboxSender } from './outbox-sender.ts';
import { assertHeld } from './positions.ts';
import { atMost, sleep } from './wait.ts';

/** Commands of one commit. Larger batches gain nothing and hold more waiting callers. */
const BATCH_MAX = 256;
/** Above this many waiting commands, over all partitions, fetching pauses. */
const QUEUE_MAX = 1024;
/** Before a command of an unknown version is looked at again. */
const UNKNOWN_MS = 1000;

export interface IntakeParts {
  service: string;
  topic: string;
  clusterId: string;
  fencedMs: number;
  log: Log;
  logger: Logger;
  writer: Reader;
  journal: Journal;
  committer: Committer;
  stores: Store<unknown, unknown>[];
  settled(committed: Committed): void;
}

/** The single writer of a service: takes what the log hands out, one commit at a time, while fetching goes on. */
export class CommandIntake implements CommandFollower {
  #partitions = new Map<number, Partition>();
  #seek: Seek = () => {};
  #running: Promise<void> | undefined;
  #closing = false;
  /** What was committed and is on its way to the log. */
  readonly outbox: OutboxSender;
  readonly #durations: Distribution;
  readonly #sizes: Distribution;
  /** Set when going on would be a guess: the service is not ready from then on. */
  refused: Refused | undefined;

  constructor(private readonly parts: IntakeParts) {
    const holds = (owner: number, epoch: bigint) => this.#partitions.get(owner)?.lease?.epoch === epoch;
    this.outbox = new OutboxSender(parts.log, holds);
    const { service } = parts;
    this.#durations = metrics.commits.of({ service });
    this.#sizes = metrics.commitSizes.of({ service });
  }

  onAssigned(partitions: number[], seek: Seek): void {
    this.#seek = seek;
    for (const partition of this.#partitions.values()) release(partition);
    this.#forget();
    this.#partitions = new Map(partitions.map((number) => [number, freshPartition(number)]));
    for (const partition of this.#partitions.values()) void this.#take(partition, 0);
  }

  onBatch({ partition: number, fetchedFrom, records }: Batch): Promise<void> | undefined {
    const partition = this.#partitions.get(number);
    if (this.refused || this.#closing) return sleep(200);
    if (!partition?.lease) return sleep(20);
    if (partition.skipped) return undefined;
    if (fetchedFrom > partition.expected) this.#seek(number, partition.expected);
    if (fetchedFrom > partition.expected || (records.at(-1)?.offset ?? partition.expected) < partition.expected) {
      return this.#verify(partition);
    }
    const moving = partition.notBefore <= Date.now();
    if (!moving && partition.queue.length >= this.#share) {
      partition.skipped = true;
      return undefined;
    }
    for (const record of records) {
      if (record.offset < partition.expected) continue;
      partition.queue.push(record);
      partition.expected = record.offset + 1n;
    }
    // Lets the other partitions of the same fetch join this batch.
    setImmediate(() => this.#pump());
    if (!moving || partition.queue.length < this.#share) return undefined;
    return new Promise<void>((go) => partition.room.push(go));
  }

  /** What we read does not join on to what we have: a hint of the group's, or a log that is not the one we knew. */
  async #verify({ number, expected }: Partition): Promise<void> {
    await assertHeld(this.parts.log, this.parts.topic, number, expected).catch((e: unknown) => this.#refuse(e));
  }
  #refuse(e: unknown): void {
    if (!(e instanceof Refused)) throw e;
    this.refused = e;
    this.parts.logger.error({ err: e }, 'refusing to go on');
  }

  /** How much one partition may hold: one that stands must not take the room of those that move. */
  get #share(): number {
    return Math.max(BATCH_MAX, Math.floor(QUEUE_MAX / this.#partitions.size));
  }
  /**
   * Committed records that the log does not have yet. Of a running commit, and of a partition that is not ours (again)
   * yet, nobody knows how many there are: each counts for one.
   */
  get unsent(): number {
    return this.outbox.unsent + (this.#running ? 1 : 0) + this.#partitions.size - this.leases.length;
  }
  /** Commands that were fetched and are not committed. */
  get queued(): number {
    return [...this.#partitions.values()].reduce((sum, { queue }) => sum + queue.length, 0);
  }
  get leases(): Lease[] {
    return [...this.#partitions.values()].flatMap((p) => (p.lease ? [p.lease] : []));
  }
  get ready(): boolean {
    return !this.refused && this.#partitions.size === this.leases.length;
  }
  /** Memory is rebuilt from the database: it may hold what did not stand. */
  #forget(): void {
    this.parts.committer.forget();
    for (const store of this.parts.stores) store.forget?.();
  }
  #ours(partition: Partition): boolean {
    return !this.#closing && !this.refused && this.#partitions.get(partition.number) === partition;
  }

  /** Becomes the owner of the partition and reads on behind its last commit. Tries until it is somebody else's. */
  async #take(partition: Partition, waitMs: number): Promise<void> {
    const { writer, journal, clusterId, topic, log } = this.parts;
    for (let wait = waitMs; ; wait = Math.min(Math.max(50, wait * 2), 2000)) {
      if (wait) await sleep(wait);
      if (!this.#ours(partition)) return;
      try {
        const lease = await journal.lease(writer, clusterId, topic, partition.number);
        await assertHeld(log, topic, partition.number, lease.next);
        await this.outbox.forgetSent((seqs) => journal.forget(writer, seqs));
        const left = await journal.unpublished(writer, partition.number);
        return this.#begin(
          partition,
          lease,
          left.map(({ partition: owner, ...row }) => ({ ...row, owner })),
        );
      } catch (e) {
        if (e instanceof Refused) return this.#refuse(e);
        this.parts.logger.debug({ err: e, partition: partition.number }, 'lease failed');
      }
    }
  }
  #begin(partition: Partition, lease: Lease, left: Outbound[]): void {
    if (!this.#ours(partition)) return;
    partition.lease = lease;
    this.outbox.send(left, lease.epoch);
    // An older database than the one we knew: what we hold does not join on.
    const known = lease.next < partition.next ? [] : partition.queue;
    partition.queue = known.filter((t) => t.offset >= lease.next);
    if (!partition.queue.length) partition.expected = lease.next;
    partition.next = lease.next;
    partition.skipped = false;
    this.#seek(partition.number, partition.expected);
    this.#pump();
  }

  #pump(): void {
    if (this.#running || this.#closing || this.refused) return;
    const ripe = [...this.#partitions.values()].filter((p) => p.lease && p.queue.length && p.notBefore <= Date.now());
    if (!ripe.length) return;
    this.#running = this.#together(ripe).finally(() => {
      this.#running = undefined;
      for (const partition of this.#partitions.values()) this.#makeRoom(partition);
      this.#pump();
    });
  }
  #makeRoom(partition: Partition): void {
    if (partition.queue.length >= this.#share) return;
    release(partition);
    if (!partition.skipped || partition.notBefore > Date.now()) return;
    partition.skipped = false;
    this.#seek(partition.number, partition.expected);
  }

  /** What arrived meanwhile, from whatever partition, is the next commit. When it fails, each partition tries alone. */
  async #together(ripe: Partition[]): Promise<void> {
    const share = Math.max(1, Math.floor(BATCH_MAX / ripe.length));
    const careful = ripe.some((p) => p.alone > 0);
    if (ripe.length > 1 && !careful && (await this.#commit(ripe, share))) return;
    for (const partition of ripe) await this.#commit([partition], partition.alone > 0 ? 1 : share);
  }

  async #commit(partitions: Partition[], share: number): Promise<boolean> {
    const held = partitions.filter((p) => p.lease && this.#partitions.get(p.number) === p);
    const taken: Leased[] = held.flatMap((p) =>
      p.queue.slice(0, share).map((r) => Object.assign(r, { lease: p.lease! })),
    );
    if (!taken.length) return true;
    const sent = this.outbox.takeSent();
    let committed: Committed;
    try {
      const begun = performance.now();
      committed = await this.#attempt(taken, sent);
      this.#durations.observe((performance.now() - begun) / 1000);
      this.#sizes.observe(taken.length);
    } catch (e) {
      this.outbox.putBack(sent);
      this.#forget();
      if (held.length === 1) this.#recover(held[0]!, taken, e);
      return false;
    }
    for (const step of committed.steps) this.#advance(step);
    const epochs = new Map(committed.steps.map(({ lease }) => [lease.partition, lease.epoch]));
    for (const [owner, rows] of Map.groupBy(committed.outgoing, (row) => row.owner)) {
      this.outbox.send(rows, epochs.get(owner)!);
    }
    this.#settle(committed);
    return true;
  }
  #advance({ lease, ...moved }: Committed['steps'][number]): void {
    Object.assign(lease, moved);
    const partition = this.#partitions.get(lease.partition);
    if (partition?.lease !== lease) return;
    const left = partition.queue.findIndex((t) => t.offset >= moved.next);
    const many = left < 0 ? partition.queue.length : left;
    partition.queue.splice(0, many);
    partition.alone = Math.max(0, partition.alone - many);
    partition.next = moved.next;
    partition.failures = 0;
  }
  #settle(committed: Committed): void {
    try {
      this.parts.settled(committed);
    } catch (err) {
      this.parts.logger.error({ err }, 'a commit stands and was not told');
    }
  }
  async #attempt(taken: Leased[], published: bigint[]): Promise<Committed> {
    try {
      return await this.parts.committer.commit(taken, published);
    } catch (e) {
      if (!(e instanceof Known)) throw e;
      return this.parts.committer.commit(taken, published, true);
    }
  }

  /** The commit may have happened although we heard an error: only the database knows where we are. */
  #recover(partition: Partition, taken: Leased[], e: unknown): void {
    const { service, fencedMs, logger } = this.parts;
    const reason = reasonOf(e);
    metrics.retries.of({ service, reason }).inc();
    logger.warn({ err: e, partition: partition.number, commands: taken.length }, `commit failed: ${reason}`);
    const ofOne = reason === 'poison' || reason === 'unknown-version';
    if (ofOne && taken.length > 1) partition.alone = taken.length;
    else if (reason === 'unknown-version') {
      partition.notBefore = Date.now() + UNKNOWN_MS;
      release(partition);
      setTimeout(() => this.#pump(), UNKNOWN_MS + 5).unref();
    } else if (reason === 'poison' && !taken[0]!.error) (partition.queue[0] as Leased).error = String(e);
    else {
      partition.lease = undefined;
      release(partition);
      const waitMs = Math.min(50 * 2 ** partition.failures++, 2000);
      // Fenced: the group will say by a new assignment whether the partition is still ours.
      void this.#take(partition, reason === 'fenced' ? fencedMs : waitMs);
    }
  }

  /** Call while the log is open: ends the running commit and sends what it led to, as far as that takes no time. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const partition of this.#partitions.values()) release(partition);
    await atMost(5000, this.#running);
    await this.outbox.close(1000);
    await this.outbox.forgetSent((seqs) => this.parts.journal.forget(this.parts.writer, seqs)).catch(() => {});
  }
}
