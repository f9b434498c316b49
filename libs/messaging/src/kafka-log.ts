import { type Admin, type Consumer, type EachBatchPayload, Kafka, logLevel, Partitioners } from 'kafkajs';
import { uuidv7 } from './ids.ts';
import { repairKafkajs } from './kafkajs-repairs.ts';
import type { Batch, CommandFollower, Log, LogRecord, TopicSpec } from './log.ts';

repairKafkajs();

/** Short and stubborn: with kafkajs's own 30 s ceiling a broker that was away for 3 s is found again after 14. */
const retry = { initialRetryTime: 50, maxRetryTime: 300, retries: 20 };
/** Records of one produce request. */
const PRODUCE_MAX = 500;
/** A produce lingers only while at least this many callers wait for an answer. */
const LINGER_FROM = 32;

export interface KafkaSettings {
  brokers: string[];
  /** Names one replica and must be the same after its restart. */
  clientId: string;
  sessionTimeoutMs: number;
  /** Before every topic and group: several platforms may share one cluster. */
  prefix: string;
}

interface Waiting extends LogRecord {
  done: () => void;
  failed: (e: unknown) => void;
}

/** The log on Kafka: the only file that knows the client. */
export class KafkaLog implements Log {
  readonly #kafka: Kafka;
  readonly #producer;
  readonly #consumers: Consumer[] = [];
  #waiting: Waiting[] = [];
  #sending: Promise<void> | undefined;
  #connected: Promise<void> | undefined;
  #admin: Promise<Admin> | undefined;

  constructor(private readonly settings: KafkaSettings) {
    const { clientId, brokers } = settings;
    this.#kafka = new Kafka({ clientId, brokers, logLevel: logLevel.NOTHING, connectionTimeout: 1000, retry });
    this.#producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
  }

  async prepare(topics: TopicSpec[]): Promise<string> {
    const admin = await this.#asked();
    const known = new Set(await admin.listTopics());
    const missing = topics.filter((t) => !known.has(this.settings.prefix + t.topic));
    if (missing.length) {
      await admin
        .createTopics({ waitForLeaders: true, topics: missing.map((t) => this.#creation(t)) })
        .catch((e: Error) => {
          if (!/exist/i.test(JSON.stringify(e))) throw e;
        });
    }
    return (await admin.describeCluster()).clusterId;
  }

  #creation({ topic, partitions, compacted }: TopicSpec) {
    const policy = compacted ? { name: 'cleanup.policy', value: 'compact' } : { name: 'retention.ms', value: '-1' };
    return { topic: this.settings.prefix + topic, numPartitions: partitions, configEntries: [policy] };
  }

  /** One produce in flight; the next one carries whatever was asked for meanwhile. */
  send(records: LogRecord[]): Promise<void> {
    if (!records.length) return Promise.resolve();
    return new Promise<void>((done, failed) => {
      let left = records.length;
      const one = () => {
        if (--left === 0) done();
      };
      for (const record of records) this.#waiting.push({ ...record, done: one, failed });
      this.#sending ??= this.#turn().then(() => this.#drain());
    });
  }
  #turn(): Promise<void> {
    return new Promise((go) => {
      if (this.#waiting.length >= LINGER_FROM) setTimeout(go, 1);
      else setImmediate(go);
    });
  }
  async #drain(): Promise<void> {
    while (this.#waiting.length) {
      const part = this.#waiting.splice(0, PRODUCE_MAX);
      const topicMessages = [...Map.groupBy(part, (r) => r.topic)].map(([topic, of]) => ({
        topic: this.settings.prefix + topic,
        messages: of.map(({ key, value, partition }) => ({
          key,
          value,
          ...(partition !== undefined && { partition }),
        })),
      }));
      try {
        await (this.#connected ??= this.#producer.connect());
        await this.#producer.sendBatch({ acks: -1, topicMessages });
        for (const r of part) r.done();
      } catch (e) {
        this.#connected = undefined;
        for (const r of part) r.failed(e);
      }
    }
    this.#sending = undefined;
  }

  async lead(name: string, group: string, follower: CommandFollower): Promise<void> {
    const consumer = await this.#consumer(name, group, true);
    const topic = this.settings.prefix + name;
    const seek = (partition: number, offset: bigint) => consumer.seek({ topic, partition, offset: String(offset) });
    const joined = new Promise<void>((resolve) =>
      consumer.on('consumer.group_join', ({ payload }) => {
        follower.onAssigned(payload.memberAssignment[topic] ?? [], seek);
        resolve();
      }),
    );
    await this.#run(consumer, false, async (payload) => {
      await follower.onBatch(asBatch(payload));
      const last = payload.batch.lastOffset();
      payload.resolveOffset(last);
      // A hint for lag metrics only: where to read on from is in the owner's database.
      consumer
        .commitOffsets([{ topic, partition: payload.batch.partition, offset: String(BigInt(last) + 1n) }])
        .catch(() => {});
    });
    await joined;
  }

  async follow(name: string, group: string, onBatch: (batch: Batch) => Promise<void>): Promise<void> {
    const consumer = await this.#consumer(name, group, true);
    const joined = new Promise<void>((resolve) => consumer.on('consumer.group_join', () => resolve()));
    await this.#run(consumer, true, async (payload) => {
      await onBatch(asBatch(payload));
      payload.resolveOffset(payload.batch.lastOffset());
      await payload.heartbeat();
    });
    await joined;
  }

  async replay(name: string, onRecord: (key: string, value: string | null) => void): Promise<void> {
    const behind = await this.ends(name);
    for (const [partition, end] of behind) if (end === 0n) behind.delete(partition);
    const consumer = await this.#consumer(name, `replay.${this.settings.clientId}.${uuidv7()}`, true);
    let caughtUp = () => {};
    const done = new Promise<void>((resolve) => (caughtUp = resolve));
    const joined = new Promise<void>((resolve) => consumer.on('consumer.group_join', () => resolve()));
    await this.#run(consumer, false, async ({ batch, resolveOffset }) => {
      for (const { key, value } of batch.messages) onRecord(key?.toString() ?? '', value?.toString() ?? null);
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
    const offsets = await (await this.#asked()).fetchTopicOffsets(this.settings.prefix + name);
    return new Map(offsets.map((o) => [o.partition, BigInt(o[which])]));
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

  async close(): Promise<void> {
    await Promise.all(this.#consumers.map((c) => c.disconnect().catch(() => {})));
    await this.#sending;
    await this.#producer.disconnect().catch(() => {});
    await (await this.#admin)?.disconnect().catch(() => {});
  }

  async #consumer(name: string, group: string, fromBeginning: boolean): Promise<Consumer> {
    const { prefix, sessionTimeoutMs } = this.settings;
    const consumer = this.#kafka.consumer({
      groupId: prefix + group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: sessionTimeoutMs / 3,
      // Longer delays a clean stop.
      maxWaitTimeInMs: 500,
      allowAutoTopicCreation: false,
      retry: { ...retry, restartOnFailure: async () => true },
    });
    this.#consumers.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topic: prefix + name, fromBeginning });
    return consumer;
  }
  #run(
    consumer: Consumer,
    autoCommit: boolean,
    eachBatch: (payload: EachBatchPayload) => Promise<void>,
  ): Promise<void> {
    return consumer.run({ autoCommit, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 64, eachBatch });
  }
}

function asBatch({ batch, isRunning, isStale }: EachBatchPayload): Batch {
  return {
    partition: batch.partition,
    // kafkajs has it and does not declare it.
    fetchedFrom: BigInt((batch as unknown as { fetchedOffset: string }).fetchedOffset),
    records: batch.messages.map((m) => ({
      partition: batch.partition,
      offset: BigInt(m.offset),
      key: m.key?.toString() ?? '',
      value: m.value?.toString() ?? '',
      appended: Number(m.timestamp),
    })),
    current: () => isRunning() && !isStale(),
  };
}
