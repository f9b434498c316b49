import { Denied } from '@yuzhi/chassis/problem';

export interface AdmissionLimits {
  /** Commands that one party may send each second, for as long as it likes. */
  partyRate: number;
  /** Commands that it may send at once, after a pause. */
  partyBurst: number;
  /** Callers waiting for one owner. */
  waitingMax: number;
  /** Callers waiting for one aggregate, such as a lot that everybody wants. */
  aggregateMax: number;
  /** While the last answer took longer than this and many wait, more callers would only wait longer, ms. */
  shedAfterMs: number;
}

/** What waits for one owner. */
interface Line {
  waiting: number;
  readonly of: Map<string, number>;
  /** How long the last one who was answered had waited, and when that was. */
  waitedMs: number;
  answeredAt: number;
}
interface Bucket {
  tokens: number;
  at: number;
}

/** An answer older than this says nothing of the line as it is now. */
const FRESH_MS = 50;
/** A line that is shorter is not why an answer took long: something else was, and may be over. */
const LONG_LINE = 64;
/** Buckets of one generation that memory keeps; two generations are kept. One that nobody asks for is full again. */
const REMEMBERED = 10_000;

/** Who may wait for a decision: turned away are the greedy before the others, and everybody before nobody is served. */
export class Admission {
  readonly #lines = new Map<string, Line>();
  #recent = new Map<string, Bucket>();
  #older = new Map<string, Bucket>();

  constructor(private readonly limits: AdmissionLimits) {}

  /** Before a command is looked at. @throws Denied too-many-requests, overloaded */
  admit(owner: string, party: string, now = performance.now()): void {
    const line = this.#lines.get(owner);
    if (line && line.waiting >= this.limits.waitingMax) throw new Denied('overloaded');
    if (line && this.#isSlow(line, now)) throw new Denied('overloaded');
    this.#take(party, now);
  }

  #isSlow({ waiting, waitedMs, answeredAt }: Line, now: number): boolean {
    return waiting >= LONG_LINE && waitedMs > this.limits.shedAfterMs && now - answeredAt < FRESH_MS;
  }

  /** @throws Denied too-many-requests */
  enter(owner: string, aggregate: string): void {
    let line = this.#lines.get(owner);
    if (!line) this.#lines.set(owner, (line = { waiting: 0, of: new Map(), waitedMs: 0, answeredAt: 0 }));
    const before = line.of.get(aggregate) ?? 0;
    if (before >= this.limits.aggregateMax) throw new Denied('too-many-requests');
    line.of.set(aggregate, before + 1);
    line.waiting += 1;
  }
  leave(owner: string, aggregate: string): void {
    const line = this.#lines.get(owner)!;
    const left = line.of.get(aggregate)! - 1;
    if (left) line.of.set(aggregate, left);
    else line.of.delete(aggregate);
    line.waiting -= 1;
  }
  /** Tells how long an owner took to answer: what it never answers says nothing, for others may be quick. */
  answered(owner: string, waitedMs: number, now: number): void {
    const line = this.#lines.get(owner)!;
    line.waitedMs = waitedMs;
    line.answeredAt = now;
  }
  /** Callers that wait now, by owner. */
  waiting(): [owner: string, waiting: number][] {
    return [...this.#lines].map(([owner, { waiting }]) => [owner, waiting]);
  }
  waitingFor(owner: string): number {
    return this.#lines.get(owner)?.waiting ?? 0;
  }

  #take(party: string, now: number): void {
    const { partyRate, partyBurst } = this.limits;
    let bucket = this.#recent.get(party);
    if (!bucket) {
      bucket = this.#older.get(party) ?? { tokens: partyBurst, at: now };
      this.#remember(party, bucket);
    }
    bucket.tokens = Math.min(partyBurst, bucket.tokens + ((now - bucket.at) * partyRate) / 1000);
    bucket.at = now;
    if (bucket.tokens < 1) {
      throw new Denied('too-many-requests', { retryAfter: Math.ceil((1 - bucket.tokens) / partyRate) });
    }
    bucket.tokens -= 1;
  }
  #remember(party: string, bucket: Bucket): void {
    this.#recent.set(party, bucket);
    if (this.#recent.size < REMEMBERED) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }
}
