import { createHash, randomUUID } from 'node:crypto';
import type { Batch, CommandFollower, Log, LogRecord, Taken, TopicSpec } from './log.ts';

interface Partition {
  records: (Omit<Taken, 'value'> & { value: string | null })[];
  wake: Set<() => void>;
}

/** One broker in memory: what is written is kept as long as the object lives. Its clients come and go like processes. */
export class MemoryBroker {
  readonly clusterId = randomUUID();
  readonly #topics = new Map<string, Partition[]>();
  readonly #positions = new Map<string, bigint>();
  /** While true, nothing can be written, as when every broker is away. */
  away = false;

  create({ topic, partitions }: TopicSpec) {
    if (!this.#topics.has(topic)) {
      this.#topics.set(
        topic,
        Array.from({ length: partitions }, () => ({ records: [], wake: new Set() })),
      );
    }
  }
  partitions(topic: string): Partition[] {
    const found = this.#topics.get(topic);
    if (!found) throw new Error(`no topic ${topic}`);
    return found;
  }
  append({ topic, key, value, partition }: LogRecord) {
    const partitions = this.partitions(topic);
    const hash = createHash('sha256').update(key).digest().readUInt32BE(0);
    const index = partition ?? hash % partitions.length;
    const { records, wake } = partitions[index]!;
    records.push({ partition: index, offset: BigInt(records.length), key, value, appended: Date.now() });
    for (const go of wake) go();
  }
  position = (group: string, topic: string, partition: number) =>
    this.#positions.get(`${group}\0${topic}\0${partition}`) ?? 0n;
  acknowledge(group: string, topic: string, partition: number, next: bigint) {
    this.#positions.set(`${group}\0${topic}\0${partition}`, next);
  }
}

/** A client of the in-memory broker: the same contract as the real one, without a network. */
export class MemoryLog implements Log {
  #closed = false;
  readonly #loops: Promise<void>[] = [];
  readonly #stop = new Set<() => void>();

  constructor(private readonly broker: MemoryBroker) {}

  async prepare(topics: TopicSpec[]): Promise<string> {
    for (const topic of topics) this.broker.create(topic);
    return this.broker.clusterId;
  }

  async send(records: LogRecord[]): Promise<void> {
    await new Promise((go) => setImmediate(go));
    if (this.broker.away || this.#closed) throw new Error('the broker does not answer');
    for (const record of records) this.broker.append(record);
  }

  async lead(topic: string, _group: string, follower: CommandFollower): Promise<void> {
    const partitions = this.broker.partitions(topic);
    const positions = partitions.map(() => 0n);
    follower.onAssigned([...partitions.keys()], (partition, offset) => {
      positions[partition] = offset;
      for (const go of partitions[partition]!.wake) go();
    });
    for (const index of partitions.keys()) {
      this.#loop(
        topic,
        index,
        () => positions[index]!,
        async (batch, next) => {
          const wanted = positions[index];
          await follower.onBatch(batch);
          if (positions[index] === wanted) positions[index] = next;
        },
      );
    }
  }

  async follow(topic: string, group: string, onBatch: (batch: Batch) => Promise<void>): Promise<void> {
    for (const index of this.broker.partitions(topic).keys()) {
      this.#loop(
        topic,
        index,
        () => this.broker.position(group, topic, index),
        async (batch, next) => {
          await onBatch(batch);
          this.broker.acknowledge(group, topic, index, next);
        },
      );
    }
  }

  async replay(topic: string, onRecord: (key: string, value: string | null) => void): Promise<void> {
    for (const [index, { records, wake }] of this.broker.partitions(topic).entries()) {
      let next = 0;
      const drain = () => {
        if (!this.#closed) for (; next < records.length; next++) onRecord(records[next]!.key, records[next]!.value);
      };
      drain();
      this.broker.partitions(topic)[index]!.wake.add(drain);
      this.#stop.add(() => wake.delete(drain));
    }
  }

  async ends(topic: string): Promise<Map<number, bigint>> {
    return new Map(this.broker.partitions(topic).map((p, i) => [i, BigInt(p.records.length)]));
  }

  async acknowledged(topic: string, group: string): Promise<Map<number, bigint>> {
    return new Map(this.broker.partitions(topic).map((_, i) => [i, this.broker.position(group, topic, i)]));
  }

  async earliest(topic: string): Promise<Map<number, bigint>> {
    return new Map(this.broker.partitions(topic).map((_, i) => [i, 0n]));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stop) stop();
    await Promise.all(this.#loops);
  }

  #loop(topic: string, index: number, from: () => bigint, take: (batch: Batch, next: bigint) => Promise<void>) {
    const partition = this.broker.partitions(topic)[index]!;
    const run = async () => {
      while (!this.#closed) {
        const start = from();
        const slice = partition.records.slice(Number(start), Number(start) + 500);
        if (!slice.length) {
          await this.#wait(partition);
          continue;
        }
        const records = slice.map((r) => ({ ...r, value: r.value ?? '' }));
        const batch = { partition: index, fetchedFrom: start, records, current: () => !this.#closed };
        await take(batch, start + BigInt(slice.length)).catch(() => new Promise((go) => setTimeout(go, 20)));
      }
    };
    this.#loops.push(run());
  }

  #wait(partition: Partition): Promise<void> {
    return new Promise((go) => {
      const wake = () => {
        partition.wake.delete(wake);
        this.#stop.delete(wake);
        go();
      };
      partition.wake.add(wake);
      this.#stop.add(wake);
    });
  }
}
