import { toJson } from '@yuzhi/database/json';
import type { Reader } from '@yuzhi/database/store';
import type { Envelope } from '@yuzhi/protocol/declare';
import type { Logger } from '@yuzhi/telemetry/logging';
import { metrics } from '@yuzhi/telemetry/metrics';
import type { Follow } from './decision.ts';
import { servicePrincipal } from './effects.ts';
import { derivedId, uuidv7 } from './ids.ts';
import type { Log, LogRecord } from './log.ts';

export interface Pending<T> {
  /** Of the intention, such as a payout; unique within its errand. */
  id: string;
  /** Rises when the owner decides that a new attempt, under a new key, is right. */
  attempt: number;
  task: T;
}
export interface Call {
  /** The same for every repetition of one attempt: the other side's idempotency key, at most 255 characters. */
  key: string;
  /** Aborted when the call takes too long, or when another replica may have taken over. */
  signal: AbortSignal;
}

/** Work with the outside world, outside any transaction: an intention is read, carried out, and its result told. */
export interface Errand<T = unknown> {
  readonly name: string;
  /** How often to look, ms, where intentions come by other ways than a commit of this service. */
  readonly everyMs?: number;
  /** Calls at one time, so that a slow partner does not hold up everything; 8 when absent. */
  readonly abreast?: number;
  /** The intentions on record whose result is not, oldest first. */
  pending(limit: number): Promise<Pending<T>[]>;
  /** A throw means that nothing is known yet: the same attempt is made again, under the same key, for ever. */
  run(task: T, call: Call): Promise<Follow | Follow[]>;
}

export interface ErrandsParts {
  service: string;
  log: Log;
  logger: Logger;
  /** The role of the side tables: the lease is one of them. */
  side: Reader;
  errands: readonly Errand[];
  /** How long one call may take. */
  timeoutMs?: number;
  /** How long a told result may take to be decided before the attempt is repeated. */
  holdMs?: number;
  /** The first wait after a throw; it doubles up to a minute. */
  backOffMs?: number | undefined;
  leaseMs?: number;
  /** How often to look though nothing was committed: for what another replica left, and for the lease. */
  idleMs?: number;
}

/** Commits come by the hundred in a second: they do not cause more looks than this. */
const LOOK_APART_MS = 25;
const ABREAST = 8;
const BACK_OFF_MAX_MS = 60_000;
/** What a stop leaves running calls before it aborts them. */
const GRACE_MS = 3000;
const COUNT_MAX = 10_000;

interface Attempt {
  running?: AbortController;
  failures: number;
  /** Not before this instant: it failed, or its result waits for the decision. */
  notBefore: number;
}

/** Of the replicas of a service one runs an errand, and another takes over when it no longer renews. */
class ErrandLease {
  readonly #holder = uuidv7();
  #until = 0;
  #askAgain = 0;

  constructor(
    private readonly name: string,
    private readonly side: Reader,
    private readonly ms: number,
  ) {}

  get held(): boolean {
    return this.#until > performance.now();
  }
  async renew(): Promise<boolean> {
    const asked = performance.now();
    if (this.#until - asked > this.ms / 2) return true;
    if (this.#askAgain > asked) return this.held;
    const { rowCount } = await this.side.query(
      `insert into lease (name, holder, until) values ($1, $2, now() + $3 * interval '1 ms')
       on conflict (name) do update set holder = excluded.holder, until = excluded.until
       where lease.holder = excluded.holder or lease.until < now()`,
      [this.name, this.#holder, this.ms],
    );
    this.#until = rowCount === 1 ? asked + this.ms : 0;
    this.#askAgain = rowCount === 1 ? 0 : asked + this.ms / 4;
    return this.held;
  }
  async release(): Promise<void> {
    this.#until = 0;
    await this.side.query('delete from lease where name = $1 and holder = $2', [this.name, this.#holder]);
  }
}

/** One errand's attempts, as far as memory must know them. */
class ErrandRunner {
  readonly #attempts = new Map<string, Attempt>();
  readonly #running = new Set<Promise<void>>();
  readonly #lease: ErrandLease;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #lookedAt = 0;
  #kicked = false;
  #stopped = true;

  constructor(
    private readonly parts: Required<ErrandsParts>,
    private readonly errand: Errand,
  ) {
    this.#lease = new ErrandLease(`errand.${errand.name}`, parts.side, parts.leaseMs);
  }

  get #abreast(): number {
    return this.errand.abreast ?? ABREAST;
  }

  start(): void {
    this.#stopped = false;
    this.#lookIn(0);
  }
  /** There may be an intention that was not there before. */
  kick(): void {
    this.#kicked = true;
    if (!this.#stopped) this.#lookIn(Math.max(0, LOOK_APART_MS - (performance.now() - this.#lookedAt)));
  }
  #lookIn(ms: number): void {
    if (this.#looking) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#lookedAt = performance.now();
      this.#kicked = false;
      const looked = this.#look().catch((err: unknown) => this.parts.logger.debug({ err }, 'errands wait'));
      this.#looking = looked.then(() => {
        this.#looking = undefined;
        if (!this.#stopped) this.#lookIn(this.#kicked ? LOOK_APART_MS : this.#restMs());
      });
    }, ms);
  }
  /** Until the first attempt that waits may be made again, but not for longer than its errand may go unlooked at. */
  #restMs(): number {
    if (!this.#lease.held) return this.parts.idleMs;
    const waits = [...this.#attempts.values()].map(({ running, notBefore }) => (running ? Infinity : notBefore));
    const first = Math.min(Infinity, ...waits) - performance.now();
    return Math.max(LOOK_APART_MS, Math.min(first, this.errand.everyMs ?? this.parts.idleMs));
  }

  async #look(): Promise<void> {
    const leased = await this.#lease.renew().catch(() => this.#lease.held);
    if (!leased) return this.#abort();
    if (this.#running.size >= this.#abreast) return;
    this.#forgetHeld();
    // What memory makes wait stands first among the pending: it must not hide what is behind it.
    const limit = Math.min(COUNT_MAX, this.#attempts.size + this.#abreast);
    const pending = await this.errand.pending(limit);
    if (pending.length < limit) this.#forget(pending);
    for (const one of pending) {
      if (this.#running.size >= this.#abreast) return;
      const attempt = this.#attempts.get(nameOf(one));
      if (attempt?.running || (attempt && attempt.notBefore > performance.now())) continue;
      this.#start(one, attempt ?? { failures: 0, notBefore: 0 });
    }
  }

  async count(): Promise<number> {
    const pending = await this.errand.pending(COUNT_MAX);
    const named = new Set(pending.map(nameOf));
    const others = [...this.#attempts].filter(([name, { running }]) => running && !named.has(name));
    return pending.length + others.length;
  }
  #abort(): void {
    for (const { running } of this.#attempts.values()) running?.abort(new Error('another replica may have taken over'));
  }
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
    const grace = setTimeout(() => this.#abort(), GRACE_MS);
    await Promise.all(this.#running);
    clearTimeout(grace);
    await this.#lease.release().catch(() => {});
  }

  /** What was told long enough ago may be attempted as if it never had been. */
  #forgetHeld(): void {
    const now = performance.now();
    for (const [name, { running, failures, notBefore }] of this.#attempts) {
      if (!running && failures === 0 && notBefore <= now) this.#attempts.delete(name);
    }
  }
  #forget(pending: Pending<unknown>[]): void {
    const named = new Set(pending.map(nameOf));
    for (const [name, { running }] of this.#attempts) if (!running && !named.has(name)) this.#attempts.delete(name);
  }
  #start(pending: Pending<unknown>, attempt: Attempt): void {
    this.#attempts.set(nameOf(pending), attempt);
    const running = this.#run(pending, attempt).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
  async #run(pending: Pending<unknown>, attempt: Attempt): Promise<void> {
    const { timeoutMs, holdMs, backOffMs, log, logger } = this.parts;
    const controller = (attempt.running = new AbortController());
    const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      const call = { key: `${this.errand.name}:${nameOf(pending)}`, signal: controller.signal };
      const wanted = await Promise.race([this.errand.run(pending.task, call), aborted(controller.signal)]);
      await log.send(this.#records(pending, Array.isArray(wanted) ? wanted : [wanted]));
      this.#count('yes');
      attempt.failures = 0;
      attempt.notBefore = performance.now() + holdMs;
    } catch (err) {
      this.#count('no');
      const waitMs = Math.min(BACK_OFF_MAX_MS, backOffMs * 2 ** Math.min(attempt.failures++, 20));
      attempt.notBefore = performance.now() + waitMs * (0.5 + Math.random() / 2);
      logger.warn(
        { err, errand: this.errand.name, id: pending.id, failures: attempt.failures },
        'errand will be tried again',
      );
    } finally {
      clearTimeout(timer);
      delete attempt.running;
    }
  }
  #count(answered: 'yes' | 'no'): void {
    metrics.errands.of({ service: this.parts.service, errand: this.errand.name, answered }).inc();
  }
  /** A repetition tells the same result under the same id. */
  #records({ id, attempt }: Pending<unknown>, follows: Follow[]): LogRecord[] {
    const principal = servicePrincipal(this.parts.service);
    return follows.map(({ command, key, data }, n) => {
      const commandId = derivedId(this.errand.name, id, String(attempt), String(n));
      const envelope: Envelope = { id: commandId, idempotencyKey: commandId, type: command.type, key, principal, data };
      return { topic: command.topic, key, value: toJson(envelope) };
    });
  }
}

const nameOf = ({ id, attempt }: Pending<unknown>) => `${id}#${attempt}`;

/** A call that ignores its signal is given up all the same. */
const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, failed) =>
    signal.addEventListener('abort', () => failed(signal.reason as Error), { once: true }),
  );

/** Carries out the errands of a service: looks after each commit, and by itself for what waits. */
export class Errands {
  readonly #runners: ErrandRunner[];

  constructor(parts: ErrandsParts) {
    const { backOffMs = 250 } = parts;
    const whole = { timeoutMs: 30_000, holdMs: 5000, leaseMs: 6000, idleMs: 1000, ...parts, backOffMs };
    this.#runners = parts.errands.map((errand) => new ErrandRunner(whole, errand));
  }

  start(): void {
    for (const runner of this.#runners) runner.start();
  }
  /** Something was committed: there may be an intention among it. */
  kick(): void {
    for (const runner of this.#runners) runner.kick();
  }
  /** Intentions on record whose result is not, and calls under way. */
  async busy(): Promise<number> {
    const counts = await Promise.all(this.#runners.map((runner) => runner.count()));
    return counts.reduce((sum, n) => sum + n, 0);
  }
  /** Call while the log is open: what ends within the grace is still told. */
  async stop(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.stop()));
  }
}
