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

export interface SweeperParts {
  service: string;
  log: Log;
  logger: Logger;
  reader: Reader;
  wakings: Waking[];
  everyMs: number;
}

/** Reads due deadlines plainly and wakes their aggregates through the log; it never writes. */
export class Sweeper {
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  readonly #clock: PlatformClock;
  /** By aggregate, the wake-up that is on the log: while nothing came of it, it is not sent with every look. */
  #sent = new Map<string, string>();

  constructor(private readonly parts: SweeperParts) {
    this.#clock = new PlatformClock(parts.reader);
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (this.#looking) return;
      this.#looking = true;
      this.look()
        .catch((err: unknown) => this.parts.logger.debug({ err }, 'sweep failed'))
        .finally(() => (this.#looking = false));
    }, this.parts.everyMs);
  }
  stop(): void {
    clearInterval(this.#timer);
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
