import { type LogRecord, RECORD_MAX_BYTES } from './log.ts';

/** Records of one produce request. */
const PRODUCE_MAX = 500;
/**
 * Between the end of one request and the next: what comes meanwhile shares it. A request costs its sender, the broker
 * and whoever reads it about the same with one record as with twenty. After a longer silence none waits.
 */
const APART_MS = 8;

interface Waiting {
  record: LogRecord;
  bytes: number;
  done: () => void;
  failed: (e: unknown) => void;
}

const bytesOf = ({ key, value }: LogRecord) => Buffer.byteLength(key) + Buffer.byteLength(value ?? '');

/** One produce in flight; the next one carries whatever was asked for meanwhile, as far as a request may go. */
export class ProduceQueue {
  readonly #waiting: Waiting[] = [];
  #draining: Promise<void> | undefined;
  /** When the last request ended, by `performance.now()`. */
  #endedAt = -APART_MS;

  constructor(private readonly produce: (records: LogRecord[]) => Promise<void>) {}

  /** Resolves when all of them were produced. Throws RangeError, and produces none, when one is too large. */
  async push(records: LogRecord[]): Promise<void> {
    if (!records.length) return;
    const sizes = records.map(bytesOf);
    const large = sizes.findIndex((bytes) => bytes > RECORD_MAX_BYTES);
    if (large >= 0) throw new RangeError(`a record for ${records[large]!.topic} has ${sizes[large]} bytes`);
    await new Promise<void>((done, failed) => {
      let left = records.length;
      const one = () => {
        if (--left === 0) done();
      };
      records.forEach((record, i) => this.#waiting.push({ record, bytes: sizes[i]!, done: one, failed }));
      this.#draining ??= this.#turn().then(() => this.#drain());
    });
  }

  /** Resolves when nothing is in flight. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  #turn(): Promise<void> {
    return new Promise((go) => {
      const waitMs = this.#endedAt + APART_MS - performance.now();
      if (waitMs > 0 && this.#waiting.length < PRODUCE_MAX) setTimeout(go, waitMs);
      else setImmediate(go);
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length) {
      const part = this.#waiting.splice(0, this.#fitting());
      try {
        await this.produce(part.map(({ record }) => record));
        for (const { done } of part) done();
      } catch (e) {
        for (const { failed } of part) failed(e);
      }
      this.#endedAt = performance.now();
      if (this.#waiting.length) await this.#turn();
    }
    this.#draining = undefined;
  }

  /** How many of those that wait go into one request. */
  #fitting(): number {
    const most = Math.min(PRODUCE_MAX, this.#waiting.length);
    let bytes = 0;
    for (let n = 0; n < most; n++) {
      bytes += this.#waiting[n]!.bytes;
      if (bytes > RECORD_MAX_BYTES) return n;
    }
    return most;
  }
}
