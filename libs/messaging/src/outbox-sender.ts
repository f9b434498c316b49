import type { Log, LogRecord } from './log.ts';
import { atMost, sleep } from './wait.ts';

/** Before a send that failed is tried again. */
const AGAIN_MS = 300;
/** Rows of one send: what fails is sent again as a whole. */
const SEND_MAX = 500;

interface Row extends LogRecord {
  seq: bigint;
  /** The command partition in whose commit it stands. */
  owner: number;
}

/** Puts committed rows on the log, in the order of their commits and until it works. */
export class OutboxSender {
  #waiting: (Row & { epoch: bigint; since: number })[] = [];
  #sending: Promise<void> | undefined;
  #sent: bigint[] = [];
  #closed = false;

  constructor(
    private readonly log: Log,
    /** Whether the partition is still ours under that epoch: if not, its next owner sends what is left. */
    private readonly holds: (owner: number, epoch: bigint) => boolean,
  ) {}

  /** Rows that are not on the log yet. */
  get unsent(): number {
    return this.#waiting.length;
  }
  /** How long the oldest of them has waited here, ms. */
  get waitedMs(): number {
    const [oldest] = this.#waiting;
    return oldest ? performance.now() - oldest.since : 0;
  }

  send(rows: Row[], epoch: bigint): void {
    if (!rows.length) return;
    const since = performance.now();
    for (const row of rows) this.#waiting.push({ ...row, epoch, since });
    this.#start();
  }
  #start(): void {
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length && !this.#closed) this.#start();
    });
  }
  async #drain(): Promise<void> {
    while (!this.#closed) {
      this.#waiting = this.#waiting.filter((row) => this.holds(row.owner, row.epoch));
      if (!this.#waiting.length) break;
      const due = this.#waiting.slice(0, SEND_MAX);
      try {
        await this.log.send(due.map(({ topic, key, value }) => ({ topic, key, value })));
        this.#sent.push(...due.map((row) => row.seq));
        this.#waiting.splice(0, due.length);
      } catch {
        await sleep(AGAIN_MS);
      }
    }
  }

  /** Of rows that are on the log; they are to be deleted with the next commit, or put back. */
  takeSent(): bigint[] {
    return this.#sent.splice(0);
  }
  putBack(seqs: bigint[]): void {
    this.#sent.push(...seqs);
  }
  /** Deletes them now; when that fails they are still known. */
  async forgetSent(forget: (seqs: bigint[]) => Promise<void>): Promise<void> {
    const sent = this.takeSent();
    try {
      await forget(sent);
    } catch (e) {
      this.putBack(sent);
      throw e;
    }
  }

  /** Gives what is under way this long. */
  async close(graceMs: number): Promise<void> {
    await atMost(graceMs, this.#sending);
    this.#closed = true;
  }
}
