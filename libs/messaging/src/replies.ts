import type { Outcome } from '@yuzhi/protocol/declare';
import { createClient } from 'redis';
import { atMost, sleep } from './wait.ts';

export interface Reply {
  id: string;
  outcome: Outcome;
}
/** What is new on one channel of a live stream. A service says in one message what is new on all of its channels. */
export interface LiveItems {
  channel: string;
  items: { seq: number; item: unknown }[];
}

/** Words between processes that may be lost: whoever waits for one can always ask the owner instead. */
export interface Pager {
  open(): Promise<void>;
  /** JSON, as it travels. */
  publish(channel: string, text: string): void;
  /** Answers the way to stop listening. */
  subscribe(channel: string, heard: (message: never) => void): Promise<() => Promise<void>>;
  close(): void;
}

export const replyChannel = (gateway: string) => `replies:${gateway}`;
export const liveTopic = (service: string) => `live:${service}`;
export const liveChannel = (stream: string, key: string) => `${stream}:${key}`;

/** Redis pub/sub. A client that subscribes needs a connection of its own; nothing is kept while Redis is away. */
export class RedisPager implements Pager {
  readonly #redis;
  #opening: Promise<unknown> | undefined;
  #closed = false;

  constructor(
    url: string,
    private readonly prefix = '',
  ) {
    const socket = { reconnectStrategy: (n: number) => Math.min(50 * 2 ** n, 2000), connectTimeout: 2000 };
    this.#redis = createClient({ url, disableOfflineQueue: true, socket });
    this.#redis.on('error', () => {});
  }
  /** Returns although Redis is away: it is found again by itself. */
  async open(): Promise<void> {
    this.#opening ??= this.#redis.connect().catch(() => {});
    await atMost(1000, this.#opening);
  }
  publish(channel: string, text: string): void {
    this.#redis.publish(this.prefix + channel, text).catch(() => {});
  }
  async subscribe(channel: string, heard: (message: never) => void): Promise<() => Promise<void>> {
    const name = this.prefix + channel;
    const listener = (text: string) => heard(JSON.parse(text) as never);
    let stopped = false;
    const attempt = async (): Promise<void> => {
      while (!stopped && !this.#closed) {
        try {
          await this.#redis.subscribe(name, listener);
          if (stopped) await this.#redis.unsubscribe(name, listener);
          return;
        } catch {
          await sleep(200);
        }
      }
    };
    await atMost(1000, attempt());
    return async () => {
      stopped = true;
      await this.#redis.unsubscribe(name, listener).catch(() => {});
    };
  }
  close(): void {
    this.#closed = true;
    try {
      this.#redis.destroy();
    } catch {
      // It was never open.
    }
  }
}

/** The same within one process, for tests without Redis. */
export class MemoryPager implements Pager {
  static readonly #listeners = new Map<string, Set<(message: never) => void>>();
  async open(): Promise<void> {}
  publish(channel: string, text: string): void {
    setImmediate(() => {
      for (const heard of MemoryPager.#listeners.get(channel) ?? []) heard(JSON.parse(text) as never);
    });
  }
  async subscribe(channel: string, heard: (message: never) => void): Promise<() => Promise<void>> {
    const listeners = MemoryPager.#listeners.get(channel) ?? new Set();
    MemoryPager.#listeners.set(channel, listeners.add(heard));
    return async () => void listeners.delete(heard);
  }
  close(): void {}
}
