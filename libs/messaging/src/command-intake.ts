import { Fenced, Journal, Known, type Lease, Refused } from '@yuzhi/database/journal';
import type { Reader, Store } from '@yuzhi/database/store';
import type { Logger } from '@yuzhi/telemetry/logging';
import { metrics } from '@yuzhi/telemetry/metrics';
import type { Committed, Committer, Leased } from './committer.ts';
import { UnknownVersion } from './judge.ts';
import type { Batch, CommandFollower, Log, LogRecord, Seek, Taken } from './log.ts';

/** Commands of one commit. Larger batches gain nothing and hold more waiting callers. */
const BATCH_MAX = 256;
/** Above this many waiting commands fetching pauses. */
const QUEUE_MAX = 1024;

interface Partition {
  readonly number: number;
  lease: Lease | undefined;
  /** The next offset that fits behind the queue. */
  expected: bigint;
  queue: Taken[];
  /** How many of the next records are committed one by one, to find the poisoned one. */
  alone: number;
  /** Not before this instant: it waits for a lease, a database or a deployment. */
  notBefore: number;
}

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

const sleep = (ms: number) => new Promise<void>((go) => setTimeout(go, ms));

/**
 * Only what fails the same way every time is poison: SQLSTATE 22, 23 and 42, a stale row, a mistake in our own code.
 * Everything else is tried again for ever, because a lost connection has many faces.
 */
export function isPoison(e: unknown): boolean {
  if (e instanceof TypeError || e instanceof RangeError || e instanceof SyntaxError) return true;
  const code = (e as { code?: unknown }).code;
  return typeof code === 'string' && (/^(22|23|42)...$/.test(code) || code === 'YZ003');
}

/** The single writer of a service: takes what the log hands out, one commit at a time, while fetching goes on. */
export class CommandIntake implements CommandFollower {
  #partitions = new Map<number, Partition>();
  #seek: Seek = () => {};
  #busy = false;
  #closing = false;
  #room: (() => void)[] = [];
  #waitMs = 50;
  #publishing: Promise<unknown> = Promise.resolve();
  #published: bigint[] = [];
  /** Set when going on would be a guess: the service is not ready from then on. */
  refused: Refused | undefined;

  constructor(private readonly parts: IntakeParts) {}

  onAssigned(partitions: number[], seek: Seek): void {
    this.#seek = seek;
    for (const store of this.parts.stores) store.forget?.();
    const fresh = (number: number): Partition => ({
      number,
      lease: undefined,
      expected: -1n,
      queue: [],
      alone: 0,
      notBefore: 0,
    });
    this.#partitions = new Map(partitions.map((p) => [p, fresh(p)]));
    for (const partition of this.#partitions.values()) void this.#take(partition);
  }

  onBatch({ partition: number, fetchedFrom, records }: Batch): Promise<void> | undefined {
    const partition = this.#partitions.get(number);
    if (!partition?.lease) return sleep(20);
    if (fetchedFrom > partition.expected) return this.#gap(partition, fetchedFrom);
    for (const record of records) {
      if (record.offset < partition.expected) continue;
      partition.queue.push(record);
      partition.expected = record.offset + 1n;
    }
    // Lets the other partitions of the same fetch join this batch.
    setImmediate(() => this.#pump());
    return this.waiting < QUEUE_MAX ? undefined : new Promise<void>((go) => this.#room.push(go));
  }

  /** The group's hint was ahead of us: read on where we left off. If the log no longer has that, it is said, not guessed. */
  #gap(partition: Partition, fetchedFrom: bigint): Promise<void> {
    const { log, topic, logger } = this.parts;
    const wanted = partition.expected;
    this.#seek(partition.number, wanted);
    return log.earliest(topic).then((earliest) => {
      if ((earliest.get(partition.number) ?? 0n) <= wanted) return;
      this.refused = new Refused(
        `${topic}/${partition.number}: the log begins behind offset ${wanted}, at ${fetchedFrom}`,
      );
      logger.error({ err: this.refused }, 'refusing to go on');
    });
  }

  /** Commands fetched and not yet committed. */
  get waiting(): number {
    return [...this.#partitions.values()].reduce((sum, p) => sum + p.queue.length, 0);
  }
  /** Committed events and commands that the log does not have yet. */
  unsent = 0;
  get leases(): Lease[] {
    return [...this.#partitions.values()].flatMap((p) => (p.lease ? [p.lease] : []));
  }
  get ready(): boolean {
    return !this.refused && this.#partitions.size === this.leases.length;
  }

  /** Becomes the owner of the partition and reads on behind its last commit. */
  async #take(partition: Partition): Promise<void> {
    const { writer, journal, clusterId, topic, logger } = this.parts;
    for (
      let wait = 50;
      !this.#closing && this.#partitions.get(partition.number) === partition;
      wait = Math.min(wait * 2, 2000)
    ) {
      try {
        const lease = await journal.lease(writer, clusterId, topic, partition.number);
        this.#publish(await journal.unpublished(writer, partition.number));
        partition.queue = partition.queue.filter((t) => t.offset >= lease.next);
        if (!partition.queue.length) partition.expected = lease.next;
        partition.lease = lease;
        this.#seek(partition.number, partition.expected);
        return this.#pump();
      } catch (e) {
        if (e instanceof Refused) {
          this.refused = e;
          return logger.error({ err: e }, 'refusing to go on');
        }
        await sleep(wait);
      }
    }
  }

  #pump(): void {
    if (this.#busy || this.#closing || this.refused) return;
    const ripe = [...this.#partitions.values()].filter((p) => p.lease && p.queue.length && p.notBefore <= Date.now());
    if (!ripe.length) return;
    this.#busy = true;
    void this.#together(ripe).finally(() => {
      this.#busy = false;
      if (this.waiting < QUEUE_MAX) for (const go of this.#room.splice(0)) go();
      this.#pump();
    });
  }

  /** What arrived meanwhile, from whatever partition, is the next commit. When it fails, each partition tries alone. */
  async #together(ripe: Partition[]): Promise<void> {
    const share = Math.max(1, Math.floor(BATCH_MAX / ripe.length));
    const careful = ripe.some((p) => p.alone > 0);
    if (ripe.length > 1 && !careful && (await this.#commit(ripe, share))) return;
    for (const partition of ripe) await this.#commit([partition], partition.alone > 0 ? 1 : share);
  }

  async #commit(partitions: Partition[], share: number): Promise<boolean> {
    const parts = partitions.map((p) => ({ partition: p, lease: p.lease, records: p.queue.slice(0, share) }));
    const taken: Leased[] = parts.flatMap(({ lease, records }) => records.map((r) => ({ ...r, lease: lease! })));
    const published = this.#published.splice(0);
    try {
      const done = metrics.commits.startTimer({ service: this.parts.service });
      const committed = await this.#attempt(taken, published);
      done();
      for (const { partition, records } of parts) {
        partition.queue.splice(0, records.length);
        partition.alone = Math.max(0, partition.alone - records.length);
      }
      for (const { lease, next, lastNow, clockOffsetMs } of committed.steps)
        Object.assign(lease, { next, lastNow, clockOffsetMs });
      this.#waitMs = 50;
      this.#publish(committed.outgoing);
      this.parts.settled(committed);
      return true;
    } catch (e) {
      this.#published.push(...published);
      for (const store of this.parts.stores) store.forget?.();
      if (partitions.length === 1) await this.#recover(partitions[0]!, taken, e);
      return false;
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
  async #recover(partition: Partition, taken: Leased[], e: unknown): Promise<void> {
    const { service, fencedMs, logger } = this.parts;
    const poison = isPoison(e) || e instanceof UnknownVersion;
    const reason = e instanceof Fenced ? 'fenced' : poison ? 'poison' : 'unavailable';
    metrics.retries.inc({ service, reason });
    logger.warn({ err: e, partition: partition.number, commands: taken.length }, `commit failed: ${reason}`);
    if (poison && taken.length > 1) partition.alone = taken.length;
    else if (e instanceof UnknownVersion) return this.#postpone(partition, 1000);
    else if (poison) (partition.queue[0] as Leased).error = String(e);
    else {
      // Fenced: the group will say by a new assignment whether the partition is still ours.
      partition.lease = undefined;
      await sleep(e instanceof Fenced ? fencedMs : this.#waitMs);
      this.#waitMs = Math.min(this.#waitMs * 2, 2000);
      if (e instanceof Fenced) partition.queue = [];
      if (this.#partitions.get(partition.number) === partition) await this.#take(partition);
    }
  }
  #postpone(partition: Partition, ms: number): void {
    partition.notBefore = Date.now() + ms;
    setTimeout(() => this.#pump(), ms + 5).unref();
  }

  /** In order and until it works; a restart may publish a row twice. */
  #publish(rows: (LogRecord & { seq: bigint })[]): void {
    if (!rows.length) return;
    this.unsent += rows.length;
    this.#publishing = this.#publishing.then(async () => {
      while (!this.#closing) {
        try {
          await this.parts.log.send(rows.map(({ topic, key, value }) => ({ topic, key, value })));
          this.#published.push(...rows.map((r) => r.seq));
          this.unsent -= rows.length;
          return;
        } catch {
          await sleep(300);
        }
      }
    });
  }

  /** Call after the log was closed. Sent rows that no commit deleted any more are deleted now. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const go of this.#room.splice(0)) go();
    for (let waited = 0; this.#busy && waited < 5000; waited += 10) await sleep(10);
    await Promise.race([this.#publishing, sleep(1000)]);
    await this.parts.journal.forget(this.parts.writer, this.#published).catch(() => {});
  }
}
