import { type Admin, type Batch as KafkaBatch, type Consumer, type EachBatchPayload, type Kafka } from 'kafkajs';
import type { ICustomPartitioner, Producer } from 'kafkajs';
import { uuidv7 } from './ids.ts';
import { openKafka } from './kafkajs.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { repairKafkajs } from './kafkajs-repairs.ts';
import type { Batch, CommandFollower, Log, LogRecord, TopicSpec } from './log.ts';
import { partitionOf } from './partitioner.ts';
import { ProduceQueue } from './produce-queue.ts';

repairKafkajs();

/** Short and stubborn: with kafkajs's own 30 s ceiling a broker that was away for 3 s is found again after 14. */
const retry = { initialRetryTime: 50, maxRetryTime: 300, retries: 20 };
/** The group's own idea of where its leader reads is a hint, and not told more often than this. */
const HINT_MS = 1000;
/** How long the partitions of a new topic may take to have leaders. */
const LEADERS_MS = 30_000;
const FETCH_WAIT_MS = 1500;
/** Before a consumer that kafkajs has given up is started again. */
const RESTART_MS = 500;

const createPartitioner: ICustomPartitioner =
  () =>
  ({ partitionMetadata, message }) =>
    message.partition ?? partitionOf(String(message.key), partitionMetadata.length);

/** A topic that another process is just creating is known, and has leaders, at one moment here and at another there. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const until = performance.now() + LEADERS_MS;
  for (;;) {
    try {
      return await ask();
    } catch (e) {
      if (!(e as { retriable?: boolean }).retriable || performance.now() > until) throw e;
      await new Promise((go) => setTimeout(go, 50));
    }
  }
}

/** The log on Kafka by kafkajs: the only file that knows this client. */
export class KafkaLog implements Log {
  readonly #kafka: Kafka;
  readonly #consumers: Consumer[] = [];
  readonly #queue = new ProduceQueue((records) => this.#produce(records));
  #producer: Promise<Producer> | undefined;
  #admin: Promise<Admin> | undefined;
  #closed = false;

  constructor(private readonly settings: KafkaSettings) {
    const { clientId, brokers } = settings;
    this.#kafka = openKafka(brokers, { clientId, connectionTimeout: 1000, retry });
  }

  prepare(topics: TopicSpec[]): Promise<string> {
    return patiently(() => this.#prepare(topics));
  }
  async #prepare(topics: TopicSpec[]): Promise<string> {
    const admin = await this.#asked();
    const known = new Set(await admin.listTopics());
    const there = topics.filter((t) => known.has(this.settings.prefix + t.topic));
    const missing = topics.filter((t) => !there.includes(t));
    if (there.length) await this.#compare(admin, there);
    if (missing.length) {
      await admin
        .createTopics({ waitForLeaders: true, topics: missing.map((t) => this.#creation(t)) })
        .catch((e: Error) => {
          if (!/exist/i.test(JSON.stringify(e))) throw e;
        });
    }
    return (await admin.describeCluster()).clusterId;
  }
  async #compare(admin: Admin, specs: TopicSpec[]): Promise<void> {
    const { prefix } = this.settings;
    const { topics } = await admin.fetchTopicMetadata({ topics: specs.map((t) => prefix + t.topic) });
    for (const { topic, partitions } of specs) {
      const count = topics.find(({ name }) => name === prefix + topic)!.partitions.length;
      if (count !== partitions) throw new Error(`${topic} has ${count} partitions, not ${partitions}: keys would move`);
    }
  }
  #creation({ topic, partitions, compacted }: TopicSpec) {
    const policy = compacted ? { name: 'cleanup.policy', value: 'compact' } : { name: 'retention.ms', value: '-1' };
    return { topic: this.settings.prefix + topic, numPartitions: partitions, configEntries: [policy] };
  }

  async send(records: LogRecord[]): Promise<void> {
    if (this.#closed) throw new Error('the log is closed');
    await this.#queue.push(records);
  }
  async #produce(records: LogRecord[]): Promise<void> {
    const topicMessages = [...Map.groupBy(records, (r) => r.topic)].map(([topic, of]) => ({
      topic: this.settings.prefix + topic,
      messages: of.map(({ key, value, partition }) => ({ key, value, ...(partition !== undefined && { partition }) })),
    }));
    const producer = (this.#producer ??= this.#openProducer());
    try {
      await (await producer).sendBatch({ acks: -1, topicMessages });
    } catch (e) {
      // kafkajs takes the sequence numbers of what failed back and gives them to the next records. If the broker had
      // those that failed after all, it would take the next ones for a repetition and drop them: a new producer it is.
      this.#producer = undefined;
      void producer.then((p) => p.disconnect()).catch(() => {});
      throw e;
    }
  }
  async #openProducer(): Promise<Producer> {
    const options = { idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, createPartitioner };
    const producer = this.#kafka.producer(options);
    await producer.connect();
    return producer;
  }

  async lead(name: string, group: string, follower: CommandFollower): Promise<void> {
    const consumer = await this.#consumer(name, group);
    const topic = this.settings.prefix + name;
    const seek = (partition: number, offset: bigint) => consumer.seek({ topic, partition, offset: String(offset) });
    const hinted = new Map<number, number>();
    const hint = (partition: number, last: string) => {
      if (Date.now() - (hinted.get(partition) ?? 0) < HINT_MS) return;
      hinted.set(partition, Date.now());
      consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last) + 1n) }]).catch(() => {});
    };
    const joined = new Promise<void>((resolve) => {
      consumer.on('consumer.group_join', ({ payload }) => {
        follower.onAssigned(payload.memberAssignment[topic] ?? [], seek);
        resolve();
      });
    });
    await this.#run(consumer, false, async (payload) => {
      await this.#deliver(payload, (batch) => follower.onBatch(batch));
      const last = payload.batch.lastOffset();
      payload.resolveOffset(last);
      hint(payload.batch.partition, last);
    });
    await joined;
  }

  async follow(name: string, group: string, onBatch: (batch: Batch) => Promise<void>): Promise<void> {
    const consumer = await this.#consumer(name, group);
    const joined = new Promise<void>((resolve) => consumer.on('consumer.group_join', () => resolve()));
    await this.#run(consumer, true, async (payload) => {
      await this.#deliver(payload, onBatch);
      payload.resolveOffset(payload.batch.lastOffset());
      await payload.heartbeat();
    });
    await joined;
  }

  async replay(name: string, onRecord: (key: string, value: string | null) => void): Promise<void> {
    const topic = this.settings.prefix + name;
    const offsets = await this.#bounds(name);
    const behind = new Map(offsets.filter((o) => o.high !== o.low).map((o) => [o.partition, BigInt(o.high)]));
    const next = new Map<number, bigint>();
    const consumer = await this.#consumer(name, `replay.${this.settings.clientId}.${uuidv7()}`);
    let caughtUp = () => {};
    const done = new Promise<void>((resolve) => (caughtUp = resolve));
    const joined = new Promise<void>((resolve) => {
      consumer.on('consumer.group_join', () => {
        // A member that was lost and came back would read everything again, and for a while believe old words.
        for (const [partition, offset] of next) consumer.seek({ topic, partition, offset: String(offset) });
        resolve();
      });
    });
    await this.#run(consumer, false, async ({ batch, resolveOffset }) => {
      for (const { key, value, offset } of batch.messages) {
        if (BigInt(offset) < (next.get(batch.partition) ?? 0n)) continue;
        onRecord(key?.toString() ?? '', value?.toString() ?? null);
        next.set(batch.partition, BigInt(offset) + 1n);
      }
      resolveOffset(batch.lastOffset());
      if (BigInt(batch.lastOffset()) + 1n >= (behind.get(batch.partition) ?? 0n)) behind.delete(batch.partition);
      if (!behind.size) caughtUp();
    });
    await joined;
    if (behind.size) await done;
  }

  ends = (topic: string) => this.#offsets(topic, 'high');
  earliest = (topic: string) => this.#offsets(topic, 'low');

  async #offsets(name: string, which: 'high' | 'low'): Promise<Map<number, bigint>> {
    const offsets = await this.#bounds(name);
    return new Map(offsets.map((o) => [o.partition, BigInt(o[which])]));
  }
  #bounds(name: string) {
    return patiently(async () => (await this.#asked()).fetchTopicOffsets(this.settings.prefix + name));
  }
  async acknowledged(name: string, group: string): Promise<Map<number, bigint>> {
    const { prefix } = this.settings;
    const [found] = await (await this.#asked()).fetchOffsets({ groupId: prefix + group, topics: [prefix + name] });
    return new Map(found!.partitions.map((p) => [p.partition, BigInt(Math.max(0, Number(p.offset)))]));
  }
  #asked(): Promise<Admin> {
    this.#admin ??= (async () => {
      const admin = this.#kafka.admin();
      await admin.connect();
      return admin;
    })().catch((e: unknown) => {
      this.#admin = undefined;
      throw e;
    });
    return this.#admin;
  }

  /** Readers first: what they do with their last batch may still be sent. */
  async close(): Promise<void> {
    await Promise.all(this.#consumers.map((c) => c.disconnect().catch(() => {})));
    this.#closed = true;
    await this.#queue.idle();
    for (const client of [this.#producer, this.#admin]) {
      await client?.then((opened) => opened.disconnect()).catch(() => {});
    }
  }

  async #consumer(name: string, group: string): Promise<Consumer> {
    const { prefix, sessionTimeoutMs } = this.settings;
    const consumer = this.#kafka.consumer({
      groupId: prefix + group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: sessionTimeoutMs / 3,
      // An idle consumer asks this often; longer delays a clean stop, and the heartbeats, which go between two fetches.
      maxWaitTimeInMs: Math.min(FETCH_WAIT_MS, sessionTimeoutMs / 4),
      allowAutoTopicCreation: false,
      retry: { ...retry, restartOnFailure: async () => true },
    });
    this.#consumers.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topic: prefix + name, fromBeginning: true });
    return consumer;
  }
  /** What kafkajs does not expect, such as a TypeError of ours, makes it give up for good: then it is started again. */
  #run(consumer: Consumer, autoCommit: boolean, eachBatch: (p: EachBatchPayload) => Promise<void>): Promise<void> {
    const start = () =>
      consumer.run({ autoCommit, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 64, eachBatch });
    consumer.on('consumer.crash', ({ payload }) => {
      if (payload.restart || this.#closed) return;
      setTimeout(() => void (this.#closed || start().catch(() => {})), RESTART_MS).unref();
    });
    return start();
  }

  /** Keeps the membership alive while the follower holds the batch, and lets go of it when the group moves on. */
  async #deliver(payload: EachBatchPayload, onBatch: (batch: Batch) => Promise<void> | undefined): Promise<void> {
    let held = true;
    const { isRunning, isStale, heartbeat } = payload;
    const work = onBatch(asBatch(payload.batch, () => held && isRunning() && !isStale()));
    if (!work) return;
    let beating: NodeJS.Timeout | undefined;
    const lost = new Promise<never>((_, failed) => {
      beating = setInterval(() => void heartbeat().catch(failed), this.settings.sessionTimeoutMs / 3);
    });
    try {
      await Promise.race([work, lost]);
    } finally {
      held = false;
      clearInterval(beating);
    }
  }
}

function asBatch(batch: KafkaBatch, current: () => boolean): Batch {
  const { partition } = batch;
  return {
    partition,
    // kafkajs has it and does not declare it.
    fetchedFrom: BigInt((batch as unknown as { fetchedOffset: string }).fetchedOffset),
    records: batch.messages.map((m) => ({
      partition,
      offset: BigInt(m.offset),
      key: m.key?.toString() ?? '',
      value: m.value?.toString() ?? '',
      appended: Number(m.timestamp),
    })),
    current,
  };
}
