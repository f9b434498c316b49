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
  /** Whoever would be answered later than this, at the rate at which many are, is turned away instead, ms. */
  shedAfterMs: number;
}

/** What waits for one owner. */
interface Line {
  waiting: number;
  readonly of: Map<string, number>;
  /** Answers since `countedFrom`, and when the last one came. */
  answers: number;
  countedFrom: number;
  answeredAt: number;
  /** Answers a ms, as they were last counted; undefined: not since the line became long. */
  perMs: number | undefined;
}
interface Bucket {
  tokens: number;
  at: number;
}

/** A shorter line is nobody's reason to be turned away: it empties itself before anything can be said of it. */
const LONG_LINE = 64;
/** How long the answers of a long line are counted before they say how fast it moves. */
const COUNTED_MS = 200;
/** An owner that has not answered for so long is away, which says nothing of how fast it is. */
const FRESH_MS = 500;
/** Buckets of one generation that memory keeps; two generations are kept. One that nobody asks for is full again. */
const REMEMBERED = 10_000;

/** Who may wait for a decision: turned away are the greedy before the others, and everybody before nobody is served. */
export class Admission {
  readonly #lines = new Map<string, Line>();
  #recent = new Map<string, Bucket>();
  #older = new Map<string, Bucket>();

  constructor(private readonly limits: AdmissionLimits) {}

  /** Whether the line of this owner takes nobody now: asked before anything is made of a request. */
  isClosed(owner: string, now: number): boolean {
    const line = this.#lines.get(owner);
    return line !== undefined && (this.#isFull(line) || this.#isSlow(line, now));
  }
  #isFull({ waiting }: Line): boolean {
    return waiting >= this.limits.waitingMax;
  }

  #isSlow({ waiting, perMs, answeredAt }: Line, now: number): boolean {
    if (perMs === undefined || waiting < LONG_LINE || now - answeredAt > FRESH_MS) return false;
    return waiting > perMs * this.limits.shedAfterMs;
  }

  /** Before the body of a command is read. @throws Denied too-many-requests */
  admit(party: string, now = performance.now()): void {
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

  /** Others may have entered while this one's body was read. @throws Denied too-many-requests, overloaded */
  enter(owner: string, aggregate: string, now = performance.now()): void {
    let line = this.#lines.get(owner);
    if (!line) this.#lines.set(owner, (line = emptyLine()));
    if (this.#isFull(line)) throw new Denied('overloaded');
    const before = line.of.get(aggregate) ?? 0;
    if (before >= this.limits.aggregateMax) throw new Denied('too-many-requests');
    line.of.set(aggregate, before + 1);
    line.waiting += 1;
    if (line.waiting === LONG_LINE) Object.assign(line, { answers: 0, countedFrom: now, perMs: undefined });
  }
  leave(owner: string, aggregate: string): void {
    const line = this.#lines.get(owner)!;
    const left = line.of.get(aggregate)! - 1;
    if (left) line.of.set(aggregate, left);
    else line.of.delete(aggregate);
    line.waiting -= 1;
  }
  /** Tells that an owner answered. One that stands still does not close the door: silence says nothing. */
  answered(owner: string, now: number): void {
    const line = this.#lines.get(owner)!;
    line.answeredAt = now;
    line.answers += 1;
    const countedMs = now - line.countedFrom;
    if (countedMs < COUNTED_MS) return;
    line.perMs = line.answers / countedMs;
    line.answers = 0;
    line.countedFrom = now;
  }
  /** Callers that wait now, by owner. */
  waiting(): [owner: string, waiting: number][] {
    return [...this.#lines].map(([owner, { waiting }]) => [owner, waiting]);
  }
  waitingFor(owner: string): number {
    return this.#lines.get(owner)?.waiting ?? 0;
  }

  #remember(party: string, bucket: Bucket): void {
    this.#recent.set(party, bucket);
    if (this.#recent.size < REMEMBERED) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }
}

const emptyLine = (): Line => ({
  waiting: 0,
  of: new Map(),
  answers: 0,
  countedFrom: 0,
  answeredAt: 0,
  perMs: undefined,
});
