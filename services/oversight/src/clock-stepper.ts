import { INTERNAL } from '@yuzhi/chassis/internal';
import { OwnCommands } from '@yuzhi/chassis/own-commands';
import { CONFIG, LOG, LOGGER, READER } from '@yuzhi/chassis/service';
import type { Reader } from '@yuzhi/database/store';
import { follow } from '@yuzhi/messaging/decision';
import { derivedId } from '@yuzhi/messaging/ids';
import { clockRecord } from '@yuzhi/messaging/judge';
import type { Log } from '@yuzhi/messaging/log';
import type { Pulse } from '@yuzhi/messaging/runtime';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { arriveClock } from '@yuzhi/protocol/oversight';
import type { Logger } from '@yuzhi/telemetry/logging';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { OversightConfig } from './oversight.config.ts';

/** Between two looks at a platform that is not idle yet: the first, and the longest, to which the pauses grow. */
const LOOK_MS = 15;
const LOOK_MAX_MS = 60;
/** A deadline that stays due for so long leads to nothing more: it must not stop the clock for ever. */
const STUCK_MS = 10_000;
const REST_MS = 50;
/** A service that says nothing for so long is asked again. */
const PULSE_MS = 5_000;

interface Quiet {
  /** Platform time of the service that is furthest behind. */
  now: number;
  /** The earliest deadlines of the services that are due. */
  due: number[];
  /** The first of those that are still to come. */
  next: number;
}

const sleep = (ms: number) => new Promise<void>((go) => setTimeout(go, ms));

/**
 * Moves the platform clock to where it was told to: {find the earliest deadline anywhere; move there; let every queue
 * drain} until the target, so that each follow-up happens in its own day. What it does may be repeated: an offset
 * only grows, and arriving is a command with a deterministic id.
 */
@Injectable()
export class ClockStepper implements OnApplicationShutdown {
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(
    @Inject(READER) private readonly reader: Reader,
    @Inject(LOG) private readonly log: Log,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly own: OwnCommands,
    @Inject(CONFIG) private readonly config: OversightConfig,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.steppable) this.#running = this.#run();
  }
  async onApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const { rows } = await this.reader.query<{ to: string; version: number }>(
          `select state->>'movingTo' as to, version from platform_clock where state->>'movingTo' is not null`,
        );
        if (rows[0]) await this.#moveTo(Number(rows[0].to), rows[0].version);
      } catch (err) {
        this.logger.debug({ err }, 'the clock waits');
      }
      await sleep(REST_MS);
    }
  }

  async #moveTo(to: number, version: number): Promise<void> {
    const dueSince = new Map<number, number>();
    while (!this.#stopped) {
      const { now, due, next } = await this.#quiet();
      for (const at of due) if (!dueSince.has(at)) dueSince.set(at, performance.now());
      if (due.some((at) => performance.now() - dueSince.get(at)! < STUCK_MS)) {
        await sleep(LOOK_MS);
        continue;
      }
      if (due.length) this.logger.warn({ due }, 'deadlines lead to nothing');
      if (now >= to) break;
      await this.#setOffset(Math.min(next, to) - Date.now());
    }
    if (this.#stopped) return;
    const offsetMs = Math.max(0, to - Date.now());
    await this.own.outcome(
      derivedId('oversight.clock', String(to), String(version)),
      follow(arriveClock, 'main', { clock: 'main', offsetMs, to }),
    );
  }

  /** Resolves when nothing is under way anywhere: two idle looks between which the log has not grown. */
  async #quiet(): Promise<Quiet> {
    for (let before = -1n; !this.#stopped; await sleep(LOOK_MS)) {
      const urls = Object.values(this.config.owners);
      const pulses = await Promise.all(urls.map((url) => this.#pulse(url)));
      const busy = urls.filter((_, i) => pulses[i]!.waiting > 0);
      if (busy[0]) await this.#untilIdle(busy[0]);
      const written = busy[0] ? -1n : await this.#written();
      if (!busy[0] && written === before) {
        const now = Math.min(...pulses.map((pulse) => pulse.now));
        const deadlines = pulses.flatMap(({ earliestDeadline }) => earliestDeadline ?? []);
        return {
          now,
          due: deadlines.filter((at) => at <= now),
          next: Math.min(Infinity, ...deadlines.filter((at) => at > now)),
        };
      }
      before = written;
    }
    throw new Error('stopping');
  }
  /** While one has to do, nobody else need be asked. */
  async #untilIdle(url: string): Promise<void> {
    for (let pauseMs = LOOK_MS; !this.#stopped; pauseMs = Math.min(LOOK_MAX_MS, pauseMs * 1.5)) {
      await sleep(pauseMs);
      if ((await this.#pulse(url)).waiting === 0) return;
    }
  }
  async #pulse(url: string): Promise<Pulse> {
    const headers = { [INTERNAL]: this.config.internalSecret };
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(PULSE_MS)]);
    const response = await fetch(`${url}/internal/pulse`, { headers, signal });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return (await response.json()) as Pulse;
  }
  async #written(): Promise<bigint> {
    const ends = await Promise.all(catalogue.topics.map(({ topic }) => this.log.ends(topic)));
    return ends.flatMap((partitions) => [...partitions.values()]).reduce((sum, end) => sum + end, 0n);
  }

  /** In order with everything else: one control record in every partition of commands. */
  async #setOffset(offsetMs: number): Promise<void> {
    // Meanwhile the real time may have passed the instant: an offset is never below zero.
    const value = clockRecord(Math.max(0, Math.ceil(offsetMs)));
    const commands = catalogue.topics.filter(({ topic }) => topic.endsWith('.commands'));
    const records = commands.flatMap(({ topic, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, key: 'clock', value, partition })),
    );
    await this.log.send(records);
  }
}
