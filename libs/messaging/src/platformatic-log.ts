import type { Admin, Producer } from '@platformatic/kafka';
import { uuidv7 } from './ids.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { type Batch, type CommandFollower, type Log, type LogRecord, type Taken, type TopicSpec } from './log.ts';
import { murmur2 } from './partitioner.ts';
import { causesOf, lastCause, PlatformaticClient } from './platformatic-client.ts';
import { type GroupParts, PlatformaticGroup } from './platformatic-group.ts';
import { type FoundBatch, PlatformaticReader } from './platformatic-reader.ts';
import { ProduceQueue } from './produce-queue.ts';

/** The group's own idea of where its leader reads is a hint, and not told more often than this. */
const HINT_MS = 1000;
const EARLIEST = -2n;
const LATEST = -1n;

/** The log on Kafka by @platformatic/kafka: the same contract as KafkaLog, and replicas may run either. */
export class PlatformaticLog implements Log {
  readonly #client: PlatformaticClient;
  readonly #readers: { close(): Promise<void> }[] = [];
  readonly #queue = new ProduceQueue((records) => this.#produce(records));
  #producer: Promise<Producer> | undefined;
  #admin: Promise<Admin> | undefined;
  #closed = false;

  constructor(private readonly settings: KafkaSettings) {
    this.#client = new PlatformaticClient(settings);
  }

  async prepare(specs: TopicSpec[]): Promise<string> {
    const { prefix } = this.settings;
    const admin = await this.#asked();
    const known = new Set(await admin.listTopics().catch(lastCause));
    const missing = specs.filter(({ topic }) => !known.has(prefix + topic));
    for (const [compacted, of] of Map.groupBy(missing, (t) => !!t.compacted)) await this.#create(admin, of, compacted);
    const { id, topics } = await admin.metadata({ topics: specs.map((t) => prefix + t.topic), forceUpdate: true });
    for (const { topic, partitions } of specs) {
      const count = topics.get(prefix + topic)!.partitionsCount;
      if (count !== partitions) throw new Error(`${topic} has ${count} partitions, not ${partitions}: keys would move`);
    }
    return id;
  }
  async #create(admin: Admin, specs: TopicSpec[], compacted: boolean): Promise<void> {
    const policy = compacted ? { name: 'cleanup.policy', value: 'compact' } : { name: 'retention.ms', value: '-1' };
    const topics = specs.map(({ topic, partitions }) => ({ topic: this.settings.prefix + topic, partitions }));
    await admin.createTopics({ topics, configs: [policy] }).catch((e: unknown) => {
      if (!causesOf(e).every(({ apiId }) => apiId === 'TOPIC_ALREADY_EXISTS')) throw e;
    });
  }

  async send(records: LogRecord[]): Promise<void> {
    if (this.#closed) throw new Error('the log is closed');
    await this.#queue.push(records);
  }
  /** After a send that failed the client takes a new producer id: no sequence number is given twice. */
  async #produce(records: LogRecord[]): Promise<void> {
    const producer = await (this.#producer ??= this.#client.producer());
    const named = records.filter(({ partition }) => partition !== undefined);
    if (named.length) await this.#assertPartitions(producer, named);
    const messages = records.map(({ topic, key, value, partition }) => ({
      topic: this.settings.prefix + topic,
      key: Buffer.from(key),
      ...(value !== null && { value: Buffer.from(value) }),
      // The client takes the remainder by the number of partitions.
      partition: partition ?? murmur2(key) & 0x7fffffff,
    }));
    await producer.send({ messages }).catch(lastCause);
  }
  async #assertPartitions(producer: Producer, records: LogRecord[]): Promise<void> {
    const names = [...new Set(records.map(({ topic }) => this.settings.prefix + topic))];
    const { topics } = await producer.metadata({ topics: names });
    for (const { topic, partition } of records) {
      const { partitionsCount } = topics.get(this.settings.prefix + topic)!;
      if (partition! >= partitionsCount) throw new RangeError(`${topic} has no partition ${partition}`);
    }
  }

  async lead(name: string, group: string, follower: CommandFollower): Promise<void> {
    const membership: PlatformaticGroup = await this.#group(name, group, {
      acknowledgeEveryMs: HINT_MS,
      onAssigned: (partitions) => follower.onAssigned(partitions, membership.seek),
      onBatch: (batch) => follower.onBatch(asBatch(batch)),
    });
    await membership.join();
  }

  async follow(name: string, group: string, onBatch: (batch: Batch) => Promise<void>): Promise<void> {
    const membership = await this.#group(name, group, {
      acknowledgeEveryMs: 0,
      onAssigned: () => {},
      onBatch: (batch) => onBatch(asBatch(batch)),
    });
    await membership.join();
  }

  async #group(
    name: string,
    group: string,
    how: Pick<GroupParts, 'acknowledgeEveryMs' | 'onAssigned' | 'onBatch'>,
  ): Promise<PlatformaticGroup> {
    const { prefix, sessionTimeoutMs } = this.settings;
    const membership = new PlatformaticGroup({
      ...(await this.#client.consumer(group)),
      ...how,
      topic: prefix + name,
      group: prefix + group,
      admin: () => this.#asked(),
      bounds: () => this.#bounds(name),
      positions: async () => {
        const [told, bounds] = await Promise.all([this.acknowledged(name, group), this.#bounds(name)]);
        return new Map([...bounds].map(([p, { first }]) => [p, told.get(p)! > first ? told.get(p)! : first]));
      },
    });
    this.#readers.push({ close: () => membership.close(sessionTimeoutMs) });
    return membership;
  }

  async replay(name: string, onRecord: (key: string, value: string | null) => void): Promise<void> {
    const bounds = await this.#bounds(name);
    const behind = new Map([...bounds].filter(([, { first, end }]) => end > first).map(([p, { end }]) => [p, end]));
    const next = new Map<number, bigint>();
    const caughtUp = Promise.withResolvers<void>();
    const { consumer, pool } = await this.#client.consumer(`replay.${this.settings.clientId}.${uuidv7()}`);
    consumer.topics.track(this.settings.prefix + name);
    const reader = new PlatformaticReader({
      consumer,
      pool,
      topic: this.settings.prefix + name,
      bounds: () => this.#bounds(name),
      onBatch: ({ partition, records }) => {
        for (const { key, value, offset } of records) {
          // Of a batch that was thrown out half way, the first half was told.
          if (offset < (next.get(partition) ?? 0n)) continue;
          onRecord(key, value);
          next.set(partition, offset + 1n);
        }
        return undefined;
      },
      onRead: (partition, read) => {
        if (read >= (behind.get(partition) ?? 0n)) behind.delete(partition);
        if (!behind.size) caughtUp.resolve();
      },
    });
    this.#readers.push({
      close: async () => {
        await reader.close();
        await Promise.all([consumer.close(true).catch(() => consumer.connections.close()), pool.close()]);
      },
    });
    reader.assign([...bounds.keys()]);
    for (const [partition, { first }] of bounds) reader.seek(partition, first);
    if (behind.size) await caughtUp.promise;
  }

  async ends(name: string): Promise<Map<number, bigint>> {
    return this.#offsets(name, LATEST);
  }
  async earliest(name: string): Promise<Map<number, bigint>> {
    return this.#offsets(name, EARLIEST);
  }
  async #bounds(name: string): Promise<Map<number, { first: bigint; end: bigint }>> {
    const [firsts, ends] = await Promise.all([this.earliest(name), this.ends(name)]);
    return new Map([...ends].map(([partition, end]) => [partition, { first: firsts.get(partition)!, end }]));
  }
  async #offsets(name: string, timestamp: bigint): Promise<Map<number, bigint>> {
    const topic = this.settings.prefix + name;
    const partitions = (await this.#partitions(topic)).map((partitionIndex) => ({ partitionIndex, timestamp }));
    const [found] = await (await this.#asked()).listOffsets({ topics: [{ name: topic, partitions }] });
    return new Map(found!.partitions.map((p) => [p.partitionIndex, p.offset]));
  }
  async acknowledged(name: string, group: string): Promise<Map<number, bigint>> {
    const [topic, groupId] = [this.settings.prefix + name, this.settings.prefix + group];
    const partitionIndexes = await this.#partitions(topic);
    const groups = [{ groupId, topics: [{ name: topic, partitionIndexes }] }];
    const [found] = await (await this.#asked()).listConsumerGroupOffsets({ groups });
    const told = new Map(found?.topics[0]?.partitions.map((p) => [p.partitionIndex, p.committedOffset]));
    return new Map(partitionIndexes.map((p) => [p, (told.get(p) ?? -1n) < 0n ? 0n : told.get(p)!]));
  }
  async #partitions(topic: string): Promise<number[]> {
    const { topics } = await (await this.#asked()).metadata({ topics: [topic] });
    return [...topics.get(topic)!.partitions.keys()];
  }
  #asked(): Promise<Admin> {
    return (this.#admin ??= this.#client.admin());
  }

  /** Readers first: what they do with their last batch may still be sent. */
  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()));
    this.#closed = true;
    await this.#queue.idle();
    for (const client of [this.#producer, this.#admin]) await client?.then((opened) => opened.close()).catch(() => {});
  }
}

/** Null values are of compacted topics, which are only ever replayed. */
function asBatch({ records, ...batch }: FoundBatch): Batch {
  for (const record of records) record.value ??= '';
  return { ...batch, records: records as Taken[] };
}
