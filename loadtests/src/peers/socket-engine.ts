import { type AddressInfo, createServer, type Server } from 'node:net';
import type { CommandFollower, Log, LogRecord, Taken as Record, TopicSpec } from '@yuzhi/messaging/log';
import { partitionOf } from '@yuzhi/messaging/partitioner';
import { onLines, sendLine } from './socket-lines.ts';
import type { Sent, Taken } from './socket-log.ts';

/** Records that are handed over at once, as one fetch of the product's. */
const FETCH_MAX = 500;

interface Partition {
  number: number;
  queue: Record[];
  /** Of the next record that is written. */
  end: bigint;
  /** Of the next record that is handed over; undefined until the follower has said where it reads on. */
  next: bigint | undefined;
  running: boolean;
}

/** Before the follower has said where it goes on, the log holds whatever that may be. */
const ANYWHERE = 2n ** 62n;

/** What an earlier process was handed is gone with it: the numbers go on where its follower left off. */
function resume(partition: Partition, offset: bigint): void {
  for (const record of partition.queue) record.offset += offset;
  partition.end += offset;
  partition.next = offset;
}

/**
 * Peer C, the engine's side of a log without a broker: what the socket brings is numbered, kept in memory and handed
 * over. It knows one topic of commands.
 */
export class SocketEngineLog implements Log {
  #partitions: Partition[] = [];
  #follower: CommandFollower | undefined;
  #server: Server | undefined;

  constructor(
    private readonly topic: string,
    private readonly real: Log,
  ) {}

  /** Listens and answers where: on a free port unless it is told one. */
  async listen(port = 0): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      onLines<Sent>(socket, ({ batch, records }) => {
        this.#write(records);
        sendLine(socket, { batch } satisfies Taken);
      });
    });
    this.#server = server;
    await new Promise<void>((go) => server.listen(port, '127.0.0.1', go));
    return (server.address() as AddressInfo).port;
  }
  #write(records: Sent['records']): void {
    const appended = Date.now();
    for (const [key, value] of records) {
      const partition = this.#partitions[partitionOf(key, this.#partitions.length)]!;
      partition.queue.push({ partition: partition.number, offset: partition.end++, key, value, appended });
      if (!partition.running) void this.#hand(partition);
    }
  }

  async #hand(partition: Partition): Promise<void> {
    partition.running = true;
    // What came by the same read of the socket goes together.
    await new Promise((go) => setImmediate(go));
    while (this.#follower && partition.next !== undefined && partition.queue.length) {
      const records = partition.queue.slice(0, FETCH_MAX);
      const batch = { partition: partition.number, fetchedFrom: partition.next, records, current: () => true };
      const taken = await Promise.resolve(this.#follower.onBatch(batch)).then(
        () => true,
        () => false,
      );
      if (!taken) continue;
      partition.queue.splice(0, records.length);
      partition.next += BigInt(records.length);
    }
    partition.running = false;
  }

  async prepare(topics: TopicSpec[]): Promise<string> {
    const { partitions = 0 } = topics.find(({ topic }) => topic === this.topic) ?? {};
    const fresh = (number: number) => ({ number, queue: [], end: 0n, next: undefined, running: false });
    this.#partitions = Array.from({ length: partitions }, (_, number) => fresh(number));
    return this.real.prepare(topics);
  }
  async lead(_topic: string, _group: string, follower: CommandFollower): Promise<void> {
    this.#follower = follower;
    follower.onAssigned(
      this.#partitions.map(({ number }) => number),
      (number, offset) => {
        const partition = this.#partitions[number]!;
        if (partition.next === undefined) resume(partition, offset);
        else if (offset !== partition.next) throw new Error(`partition ${number} is not kept back to ${offset}`);
        if (!partition.running) void this.#hand(partition);
      },
    );
  }
  replay(topic: string, onRecord: (key: string, value: string | null) => void): Promise<void> {
    return this.real.replay(topic, onRecord);
  }
  /** Its own wake-ups come back to it; what it says to others nobody hears. */
  async send(records: LogRecord[]): Promise<void> {
    const own = records.filter(({ topic }) => topic === this.topic);
    this.#write(own.map(({ key, value }) => [key, value ?? '']));
  }
  async follow(): Promise<void> {}

  async ends(topic: string): Promise<Map<number, bigint>> {
    return this.#each(topic, ({ end, next }) => (next === undefined ? ANYWHERE : end));
  }
  async acknowledged(topic: string): Promise<Map<number, bigint>> {
    return this.#each(topic, ({ next }) => next ?? 0n);
  }
  async earliest(topic: string): Promise<Map<number, bigint>> {
    return this.#each(topic, () => 0n);
  }
  #each(topic: string, of: (partition: Partition) => bigint): Map<number, bigint> {
    return new Map(topic === this.topic ? this.#partitions.map((one) => [one.number, of(one)]) : []);
  }
  async close(): Promise<void> {
    this.#server?.close();
    await this.real.close();
  }
}
