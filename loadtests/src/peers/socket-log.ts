import { connect, type Socket } from 'node:net';
import type { Log, LogRecord, TopicSpec } from '@yuzhi/messaging/log';
import { ProduceQueue } from '@yuzhi/messaging/produce-queue';
import { onLines, sendLine } from './socket-lines.ts';

/** A batch of commands on its way to the engine: `[key, value]` of each. */
export interface Sent {
  batch: number;
  records: [key: string, value: string][];
}
/** The engine has it, in memory only: what Kafka makes durable is what is left out here. */
export interface Taken {
  batch: number;
}

/**
 * Peer C, the gateway's side: its commands go to the engine over one TCP connection instead of through Kafka, batched
 * by the very queue that the product has. Everything else, such as who may act for whom, is read from the real log.
 */
export class SocketLog implements Log {
  readonly #queue = new ProduceQueue((records) => this.#send(records));
  readonly #waiting = new Map<number, { done: () => void; failed: (error: Error) => void }>();
  #socket: Promise<Socket> | undefined;
  #batches = 0;

  constructor(
    private readonly port: number,
    private readonly topic: string,
    private readonly real: Log,
  ) {}

  prepare(topics: TopicSpec[]): Promise<string> {
    return this.real.prepare(topics);
  }
  async send(records: LogRecord[]): Promise<void> {
    const foreign = records.find(({ topic }) => topic !== this.topic);
    if (foreign) throw new Error(`${foreign.topic} is not on this socket`);
    await this.#queue.push(records);
  }

  async #send(records: LogRecord[]): Promise<void> {
    const socket = await (this.#socket ??= this.#connect());
    const batch = ++this.#batches;
    await new Promise<void>((done, failed) => {
      this.#waiting.set(batch, { done, failed });
      sendLine(socket, { batch, records: records.map(({ key, value }) => [key, value ?? '']) } satisfies Sent);
    });
  }
  #connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.port, host: '127.0.0.1' }, () => resolve(socket));
      socket.once('error', reject);
      socket.once('close', () => {
        this.#socket = undefined;
        for (const { failed } of this.#waiting.values()) failed(new Error('the engine is away'));
        this.#waiting.clear();
      });
      onLines<Taken>(socket, ({ batch }) => {
        this.#waiting.get(batch)?.done();
        this.#waiting.delete(batch);
      });
    });
  }

  replay(topic: string, onRecord: (key: string, value: string | null) => void): Promise<void> {
    return this.real.replay(topic, onRecord);
  }
  async lead(): Promise<void> {
    throw new Error('a gateway leads nothing');
  }
  async follow(): Promise<void> {
    throw new Error('a gateway follows nothing');
  }
  ends(topic: string): Promise<Map<number, bigint>> {
    return this.real.ends(topic);
  }
  acknowledged(topic: string, group: string): Promise<Map<number, bigint>> {
    return this.real.acknowledged(topic, group);
  }
  earliest(topic: string): Promise<Map<number, bigint>> {
    return this.real.earliest(topic);
  }
  async close(): Promise<void> {
    await this.#queue.idle();
    (await this.#socket?.catch(() => undefined))?.destroy();
    await this.real.close();
  }
}
