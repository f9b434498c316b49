import type { Consumer, RecordsBatch } from '@platformatic/kafka';
import type { Batch, Taken } from './log.ts';
import { causesOf, type Reading } from './platformatic-client.ts';
import { sleep } from './wait.ts';

/** How long a broker may wait for something to answer. Longer delays a clean stop. */
const WAIT_MS = 500;
/** The same, while the batch of a partition is held: it must not wait long for the others when it is free again. */
const WAIT_HELD_MS = 50;
/** Before a batch that its reader threw out, or an answer that was an error, is asked for again. */
const AGAIN_MS = 100;
const PARTITION_MAX_BYTES = 1_048_576;
const FETCH_MAX_BYTES = 10 * PARTITION_MAX_BYTES;
const READ_UNCOMMITTED = 0;
/** Attributes of a batch on the wire. */
const LOG_APPEND_TIME = 1 << 3;
const IS_CONTROL = 1 << 5;

type Answer = Awaited<ReturnType<Consumer['fetch']>>['responses'][number]['partitions'][number];

/** As the log has it: `null` deletes a key. */
export type Found = Omit<Taken, 'value'> & { value: string | null };
export type FoundBatch = Omit<Batch, 'records'> & { records: Found[] };

export interface ReaderParts extends Reading {
  /** With its prefix. */
  topic: string;
  /** Returns early to go on fetching; a pending promise is the back-pressure. What throws comes again. */
  onBatch(batch: FoundBatch): Promise<void> | undefined;
  /** Everything before this offset was read. */
  onRead(partition: number, next: bigint): void;
  /** Where a partition begins and ends, for one that was to be read from where it has nothing. */
  bounds(): Promise<Map<number, { first: bigint; end: bigint }>>;
}

/** Where one partition is read, as long as it is ours. */
interface Place {
  next: bigint | undefined;
  /** Rises whenever somebody says where to read on: what was asked before is then of no interest. */
  seeks: number;
  held: Promise<void> | undefined;
}
interface Asked {
  place: Place;
  from: bigint;
  seeks: number;
}

/** Reads the partitions it is given, wherever they are led: one question at a time to each broker. */
export class PlatformaticReader {
  #places = new Map<number, Place>();
  readonly #loops = new Map<number, Promise<void>>();
  #lost = Promise.withResolvers<void>();
  #woken = Promise.withResolvers<void>();
  #closed = false;

  constructor(private readonly parts: ReaderParts) {}

  /** From now on these partitions, and no other; each is read once somebody has sought in it. */
  assign(partitions: number[]): void {
    this.lose();
    this.#places = new Map(partitions.map((p) => [p, { next: undefined, seeks: 0, held: undefined }]));
  }
  /** Nothing is ours any more: what is held is let go. */
  lose(): void {
    this.#places = new Map();
    this.#lost.resolve();
    this.#lost = Promise.withResolvers();
  }
  seek(partition: number, offset: bigint): void {
    const place = this.#places.get(partition);
    if (!place || this.#closed) return;
    place.next = offset;
    place.seeks += 1;
    this.#wake();
    void this.#spread();
  }
  /** The partitions of ours in which nobody has sought yet. */
  get unsought(): number[] {
    return [...this.#places].filter(([, { next }]) => next === undefined).map(([partition]) => partition);
  }

  /** Asks no more, and waits for what is held, unless it is taken from us. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    const held = Promise.all([...this.#places.values()].map(async (place) => place.held));
    await Promise.race([held, this.#lost.promise]);
  }

  #wake(): void {
    this.#woken.resolve();
    this.#woken = Promise.withResolvers();
  }
  async #rest(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((go) => (timer = setTimeout(go, ms)));
    await Promise.race([this.#woken.promise, over]);
    clearTimeout(timer);
  }

  async #metadata() {
    const { consumer, topic } = this.parts;
    const known = consumer.currentMetadata?.topics.get(topic);
    return known ?? (await consumer.metadata({ topics: [topic] })).topics.get(topic)!;
  }
  /** A loop for every broker that leads something of ours. Goes on until each partition has a leader. */
  async #spread(): Promise<void> {
    for (; !this.#closed; await sleep(AGAIN_MS)) {
      try {
        const { partitions } = await this.#metadata();
        const nodes = [...this.#places.keys()].map((partition) => partitions[partition]?.leader ?? -1);
        for (const node of new Set(nodes)) {
          if (node >= 0 && !this.#loops.has(node)) this.#loops.set(node, this.#loop(node));
        }
        if (!nodes.includes(-1)) return;
        this.parts.consumer.clearMetadata();
      } catch {
        continue;
      }
    }
  }

  async #loop(node: number): Promise<void> {
    while (!this.#closed) {
      const asked = new Map<number, Asked>();
      try {
        const { id, partitions } = await this.#metadata();
        for (const [partition, place] of this.#places) {
          if (place.held || place.next === undefined || partitions[partition]?.leader !== node) continue;
          asked.set(partition, { place, from: place.next, seeks: place.seeks });
        }
        if (asked.size) await this.#fetch(node, id, asked);
        else await this.#spread();
        if (!asked.size || this.#holds) await this.#rest(asked.size ? WAIT_HELD_MS : WAIT_MS);
      } catch (e) {
        await this.#mend(e, asked);
      }
    }
  }
  get #holds(): boolean {
    for (const { held } of this.#places.values()) if (held) return true;
    return false;
  }

  async #fetch(node: number, topicId: string, asked: Map<number, Asked>): Promise<void> {
    const { consumer, pool } = this.parts;
    const partitions = [...asked].map(([partition, { from }]) => ({
      partition,
      fetchOffset: from,
      partitionMaxBytes: PARTITION_MAX_BYTES,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    }));
    const { responses } = await consumer.fetch({
      node,
      connectionPool: pool,
      topics: [{ topicId, partitions }],
      maxWaitTime: this.#holds ? WAIT_HELD_MS : WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_MAX_BYTES,
      isolationLevel: READ_UNCOMMITTED,
    });
    for (const found of responses.flatMap((one) => one.partitions)) {
      const known = asked.get(found.partitionIndex);
      if (known) this.#take(found, known);
    }
  }
  #isCurrent(partition: number, { place, seeks }: Asked): boolean {
    return !this.#closed && this.#places.get(partition) === place && place.seeks === seeks;
  }

  #take({ partitionIndex: partition, records: batches }: Answer, asked: Asked): void {
    const last = batches?.at(-1);
    if (!last || !this.#isCurrent(partition, asked)) return;
    const next = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
    const records = batches!.flatMap((batch) => recordsOf(batch, partition, asked.from));
    if (!records.length) return this.#advance(partition, asked, next);
    const current = () => this.#isCurrent(partition, asked);
    const work = this.#hand({ partition, fetchedFrom: asked.from, records, current });
    if (!work) return this.#advance(partition, asked, next);
    asked.place.held = work
      .then(
        () => this.#advance(partition, asked, next),
        () => sleep(AGAIN_MS),
      )
      .finally(() => {
        asked.place.held = undefined;
        this.#wake();
      });
  }
  #hand(batch: FoundBatch): Promise<void> | undefined {
    try {
      return this.parts.onBatch(batch);
    } catch (e) {
      return Promise.reject(e);
    }
  }
  /** While closing, what was held to its end still counts. */
  #advance(partition: number, { place, seeks }: Asked, next: bigint): void {
    if (this.#places.get(partition) !== place || place.seeks !== seeks) return;
    place.next = next;
    this.parts.onRead(partition, next);
  }

  /** What leads where is asked anew; outside of the log it is read from its beginning, as Kafka's clients do. */
  async #mend(e: unknown, asked: Map<number, Asked>): Promise<void> {
    if (this.#closed) return;
    this.parts.consumer.clearMetadata();
    await sleep(AGAIN_MS);
    if (!causesOf(e).some(({ apiId }) => apiId === 'OFFSET_OUT_OF_RANGE')) return;
    const bounds = await this.parts.bounds().catch(() => new Map<number, { first: bigint; end: bigint }>());
    for (const [partition, one] of asked) {
      const { first, end } = bounds.get(partition) ?? { first: one.from, end: one.from };
      if (this.#isCurrent(partition, one) && (one.from < first || one.from > end)) one.place.next = first;
    }
  }
}

/** One batch of the wire, without what stands before the offset that was asked for. */
function recordsOf(batch: RecordsBatch, partition: number, from: bigint): Found[] {
  if (batch.attributes & IS_CONTROL) return [];
  const appended = batch.attributes & LOG_APPEND_TIME ? Number(batch.maxTimestamp) : undefined;
  const records: Found[] = [];
  for (const { offsetDelta, key, value, timestampDelta } of batch.records) {
    const offset = batch.firstOffset + BigInt(offsetDelta);
    if (offset < from) continue;
    records.push({
      partition,
      offset,
      key: key?.toString() ?? '',
      value: value?.toString() ?? null,
      appended: appended ?? Number(batch.firstTimestamp + timestampDelta),
    });
  }
  return records;
}
