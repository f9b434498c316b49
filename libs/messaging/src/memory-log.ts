import { randomUUID } from 'node:crypto';
import type { Batch, CommandFollower, Log, LogRecord, Seek, Taken, TopicSpec } from './log.ts';
import { partitionOf } from './partitioner.ts';
import { ProduceQueue } from './produce-queue.ts';

/** Records of one fetch. */
const FETCH_MAX = 500;

interface Partition {
  records: (Omit<Taken, 'value'> & { value: string | null })[];
  /** The first offset that is still there. */
  first: number;
  wake: Set<() => void>;
}
/** A process that follows a topic in a group. */
interface Member {
  assign(partitions: number[]): void;
}
const wakeAll = ({ wake }: Partition) => {
  for (const go of [...wake]) go();
};

/** One broker in memory: what is written is kept as long as it lives. Its clients come and go like processes. */
export class MemoryBroker {
  readonly clusterId = randomUUID();
  readonly #topics = new Map<string, Partition[]>();
  readonly #positions = new Map<string, bigint>();
  readonly #groups = new Map<string, Set<Member>>();
  #away = false;

  /** While true, nothing is written or read, as when every broker is away. */
  get away(): boolean {
    return this.#away;
  }
  set away(away: boolean) {
    this.#away = away;
    for (const partition of [...this.#topics.values()].flat()) wakeAll(partition);
  }

  create({ topic, partitions }: TopicSpec) {
    const known = this.#topics.get(topic)?.length ?? partitions;
    if (known !== partitions) throw new Error(`${topic} has ${known} partitions, not ${partitions}: keys would move`);
    if (this.#topics.has(topic)) return;
    this.#topics.set(
      topic,
      Array.from({ length: partitions }, () => ({ records: [], first: 0, wake: new Set() })),
    );
  }
  /** Removes a topic and all that was on it, as somebody may who has the rights. */
  drop(topic: string) {
    this.#topics.delete(topic);
  }
  /** Removes what stands before an offset, as retention does. */
  trim(topic: string, partition: number, before: number) {
    this.partitions(topic)[partition]!.first = before;
  }
  partitions(topic: string): Partition[] {
    const found = this.#topics.get(topic);
    if (!found) throw new Error(`no topic ${topic}`);
    return found;
  }
  append({ topic, key, value, partition }: LogRecord) {
    const partitions = this.partitions(topic);
    const index = partition ?? partitionOf(key, partitions.length);
    const into = partitions[index];
    if (!into) throw new Error(`no partition ${index} of ${topic}`);
    into.records.push({ partition: index, offset: BigInt(into.records.length), key, value, appended: Date.now() });
    wakeAll(into);
  }

  position = (group: string, topic: string, partition: number) =>
    this.#positions.get(`${group}\0${topic}\0${partition}`) ?? 0n;
  acknowledge(group: string, topic: string, partition: number, next: bigint) {
    this.#positions.set(`${group}\0${topic}\0${partition}`, next);
  }

  /** Deals the partitions out anew among the members of the group. Answers the way to leave it. */
  join(group: string, topic: string, member: Member): () => void {
    const name = `${group}\0${topic}`;
    const members = this.#groups.get(name) ?? new Set();
    this.#groups.set(name, members.add(member));
    const deal = () => {
      const all = [...this.partitions(topic).keys()];
      [...members].forEach((one, i) => one.assign(all.filter((partition) => partition % members.size === i)));
    };
    deal();
    return () => {
      members.delete(member);
      deal();
    };
  }
}

/** One membership: reads the partitions that the group gave it, each on its own. */
class MemoryReader implements Member {
  readonly #sought = new Map<number, bigint>();
  readonly #loops = new Set<Promise<void>>();
  #assigned = 0;
  #closed = false;

  constructor(
    private readonly broker: MemoryBroker,
    private readonly topic: string,
    private readonly follower: {
      from(partition: number): bigint;
      onAssigned?(partitions: number[], seek: Seek): void;
      onBatch(batch: Batch): Promise<void> | undefined;
      onDone?(partition: number, next: bigint): void;
    },
  ) {}

  assign(partitions: number[]): void {
    const assignment = ++this.#assigned;
    this.#sought.clear();
    this.#wake();
    if (this.#closed) return;
    this.follower.onAssigned?.(partitions, (partition, offset) => {
      this.#sought.set(partition, offset);
      this.#wake();
    });
    for (const partition of partitions) {
      const loop = this.#read(partition, () => !this.#closed && this.#assigned === assignment);
      this.#loops.add(loop);
      void loop.finally(() => this.#loops.delete(loop));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await Promise.all(this.#loops);
  }

  #wake(): void {
    for (const partition of this.broker.partitions(this.topic)) wakeAll(partition);
  }

  async #read(index: number, ours: () => boolean): Promise<void> {
    let position = this.follower.from(index);
    const current = () => ours() && !this.#sought.has(index);
    // Never within the call that joined the group: its caller does not know yet that he has.
    for (await new Promise((go) => setImmediate(go)); ours();) {
      position = this.#sought.get(index) ?? position;
      this.#sought.delete(index);
      const { records, first } = this.broker.partitions(this.topic)[index]!;
      // Outside of the log a client of Kafka begins anew, and says nothing.
      if (position < first || position > records.length) position = BigInt(first);
      const found = this.broker.away ? [] : records.slice(Number(position), Number(position) + FETCH_MAX);
      if (!found.length) {
        await this.#wait(index);
        continue;
      }
      const taken = found.map((record) => ({ ...record, value: record.value ?? '' }));
      try {
        await this.follower.onBatch({ partition: index, fetchedFrom: position, records: taken, current });
        position += BigInt(found.length);
        if (ours()) this.follower.onDone?.(index, position);
      } catch {
        await new Promise((go) => setTimeout(go, 20));
      }
    }
  }

  #wait(index: number): Promise<void> {
    const { wake } = this.broker.partitions(this.topic)[index]!;
    return new Promise((go) => {
      const woken = () => {
        wake.delete(woken);
        go();
      };
      wake.add(woken);
    });
  }
}

/** A client of the in-memory broker: the same contract as the real one, without a network. */
export class MemoryLog implements Log {
  readonly #queue = new ProduceQueue(async (records) => {
    this.#present();
    for (const record of records) this.broker.append(record);
  });
  readonly #leave: (() => Promise<void>)[] = [];
  #closed = false;

  constructor(private readonly broker: MemoryBroker) {}

  async prepare(topics: TopicSpec[]): Promise<string> {
    this.#present();
    for (const topic of topics) this.broker.create(topic);
    return this.broker.clusterId;
  }

  send(records: LogRecord[]): Promise<void> {
    return this.#queue.push(records);
  }

  async lead(topic: string, group: string, follower: CommandFollower): Promise<void> {
    this.#join(topic, group, {
      from: () => 0n,
      onAssigned: (partitions, seek) => follower.onAssigned(partitions, seek),
      onBatch: (batch) => follower.onBatch(batch),
    });
  }

  async follow(topic: string, group: string, onBatch: (batch: Batch) => Promise<void>): Promise<void> {
    this.#join(topic, group, {
      from: (partition) => this.broker.position(group, topic, partition),
      onBatch,
      onDone: (partition, next) => this.broker.acknowledge(group, topic, partition, next),
    });
  }

  #join(topic: string, group: string, follower: ConstructorParameters<typeof MemoryReader>[2]): void {
    this.#present();
    const reader = new MemoryReader(this.broker, topic, follower);
    const leave = this.broker.join(group, topic, reader);
    this.#leave.push(async () => {
      await reader.close();
      leave();
    });
  }

  async replay(topic: string, onRecord: (key: string, value: string | null) => void): Promise<void> {
    this.#present();
    for (const { records, wake, first } of this.broker.partitions(topic)) {
      let next = first;
      const drain = () => {
        if (!this.broker.away) for (; next < records.length; next++) onRecord(records[next]!.key, records[next]!.value);
      };
      drain();
      wake.add(drain);
      this.#leave.push(async () => void wake.delete(drain));
    }
  }

  async ends(topic: string): Promise<Map<number, bigint>> {
    return this.#each(topic, ({ records }) => BigInt(records.length));
  }

  async acknowledged(topic: string, group: string): Promise<Map<number, bigint>> {
    return this.#each(topic, (_, partition) => this.broker.position(group, topic, partition));
  }

  async earliest(topic: string): Promise<Map<number, bigint>> {
    return this.#each(topic, ({ first }) => BigInt(first));
  }

  #each(topic: string, of: (partition: Partition, index: number) => bigint): Map<number, bigint> {
    this.#present();
    return new Map(this.broker.partitions(topic).map((partition, index) => [index, of(partition, index)]));
  }

  #present(): void {
    if (this.#closed) throw new Error('the log is closed');
    if (this.broker.away) throw new Error('the broker does not answer');
  }

  async close(): Promise<void> {
    await Promise.all(this.#leave.map((leave) => leave()));
    await this.#queue.idle();
    this.#closed = true;
  }
}
