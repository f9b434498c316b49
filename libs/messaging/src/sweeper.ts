import { toJson } from '@yuzhi/database/json';
import type { Reader, Store } from '@yuzhi/database/store';
import type { Command, Envelope } from '@yuzhi/protocol/declare';
import type { Logger } from '@yuzhi/telemetry/logging';
import { servicePrincipal } from './effects.ts';
import type { Waking } from './handlers.ts';
import { derivedId } from './ids.ts';
import type { Log } from './log.ts';
import { PlatformClock } from './platform-clock.ts';

/** How many due aggregates are read at once. */
const PAGE = 500;
/** A wake-up that led to nothing is sent again after this long. */
const AGAIN_MS = 60_000;
/** The default of `idleMs`. */
const IDLE_MS = 1000;

export interface SweeperParts {
  service: string;
  log: Log;
  logger: Logger;
  reader: Reader;
  wakings: Waking[];
  /** The least between two looks. */
  everyMs: number;
  /** The most, while nothing is due and nothing is committed here: another replica may have set a deadline. */
  idleMs?: number;
}

/**
 * Reads due deadlines plainly and wakes their aggregates through the log; it never writes. It looks when the next one
 * falls due, and after commits, which may have set an earlier one or moved the clock.
 */
export class Sweeper {
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #lookedAt = 0;
  #kicked = false;
  #stopped = true;
  readonly #clock: PlatformClock;
  /** By aggregate, the wake-up that is on the log: while nothing came of it, it is not sent with every look. */
  #sent = new Map<string, string>();

  constructor(private readonly parts: SweeperParts) {
    this.#clock = new PlatformClock(parts.reader);
  }

  start(): void {
    this.#stopped = false;
    if (this.parts.wakings.length) this.#lookIn(this.parts.everyMs);
  }
  /** Something was committed: a deadline may be nearer than before. */
  kick(): void {
    this.#kicked = true;
    if (this.#stopped || !this.parts.wakings.length) return;
    this.#lookIn(Math.max(0, this.parts.everyMs - (performance.now() - this.#lookedAt)));
  }
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
  #lookIn(ms: number): void {
    if (this.#looking) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#looking = true;
      this.#lookedAt = performance.now();
      this.#kicked = false;
      void this.#lookAndRest()
        .catch((err: unknown) => {
          this.parts.logger.debug({ err }, 'sweep failed');
          return this.#idleMs;
        })
        .then((restMs) => {
          this.#looking = false;
          if (!this.#stopped) this.#lookIn(this.#kicked ? this.parts.everyMs : restMs);
        });
    }, ms);
  }
  /** Answers how long there is nothing to look for, ms. */
  async #lookAndRest(): Promise<number> {
    const { everyMs } = this.parts;
    if ((await this.look()) > 0) return everyMs;
    const next = await this.earliest();
    return next === null ? this.#idleMs : Math.max(everyMs, Math.min(this.#idleMs, next - (await this.now())));
  }
  get #idleMs(): number {
    return this.parts.idleMs ?? IDLE_MS;
  }

  now(): Promise<number> {
    return this.#clock.now();
  }

  /** Wakes whoever is due. Answers how many are. */
  async look(): Promise<number> {
    const now = await this.now();
    const sent = new Map<string, string>();
    for (const { command, store } of this.parts.wakings) {
      for await (const due of this.#due(store, now)) {
        const wakes = due.map(({ key, at }) => this.#wake(command, key, at, now));
        for (const { id, key } of wakes) sent.set(`${command.type}\0${key}`, id);
        const fresh = wakes.filter(({ id, key }) => this.#sent.get(`${command.type}\0${key}`) !== id);
        await this.parts.log.send(fresh.map((wake) => ({ topic: command.topic, key: wake.key, value: toJson(wake) })));
      }
    }
    this.#sent = sent;
    return sent.size;
  }

  /** Epoch ms of the earliest deadline of this service, if it has any. */
  async earliest(): Promise<number | null> {
    const found = await Promise.all(
      this.parts.wakings.map(async ({ store }) => {
        const { rows } = await this.parts.reader.query<{ at: Date | null }>(
          `select min(deadline_at) as at from ${store.deadlines!.table}`,
        );
        return rows[0]?.at?.getTime() ?? Infinity;
      }),
    );
    const first = Math.min(Infinity, ...found);
    return Number.isFinite(first) ? first : null;
  }

  async *#due(store: Store<unknown, unknown>, now: number): AsyncGenerator<{ key: string; at: number }[]> {
    const { table, key } = store.deadlines!;
    let last: { key: string; at: Date | string } = { key: '', at: '-infinity' };
    for (;;) {
      const { rows } = await this.parts.reader.query<{ key: string; at: Date }>(
        `select ${key}::text as key, deadline_at as at from ${table}
         where deadline_at <= $1 and (deadline_at, ${key}::text) > ($2::timestamptz, $3)
         order by deadline_at, ${key}::text limit ${PAGE}`,
        [new Date(now), last.at, last.key],
      );
      yield rows.map((row) => ({ key: row.key, at: row.at.getTime() }));
      if (rows.length < PAGE) return;
      last = rows.at(-1)!;
    }
  }

  #wake(command: Command, key: string, at: number, now: number): Envelope {
    const attempt = Math.floor((now - at) / AGAIN_MS);
    const id = derivedId(command.type, key, String(at), String(attempt));
    const principal = servicePrincipal(this.parts.service);
    return { id, idempotencyKey: id, type: command.type, key, principal, data: {} };
  }
}
