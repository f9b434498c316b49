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

/** Between two looks at a platform that is not idle yet. */
const LOOK_MS = 15;
/** A deadline that stays due for so long leads to nothing more: it must not stop the clock for ever. */
const STUCK_MS = 10_000;
const REST_MS = 50;

interface Quiet {
  /** Platform time of the service that is furthest behind. */
  now: number;
  earliest: number | null;
}

const sleep = (ms: number) => new Promise<void>((go) => setTimeout(go, ms));

/**
 * Moves the platform clock to where it was told to: {find the earliest deadline anywhere; move there; let every queue
 * drain} until the target, so that each follow-up happens in its own day. What it does may be repeated: an offset
 * only grows, and arriving is a command with a deterministic id.
 */
@Injectable()
export class ClockStepper implements OnApplicationShutdown {
  #stopped = false;
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
    this.#stopped = true;
    await this.#running;
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
    let stuck: { at: number; since: number } | undefined;
    while (!this.#stopped) {
      const { now, earliest } = await this.#quiet();
      if (earliest !== null && earliest <= now) {
        if (stuck?.at !== earliest) stuck = { at: earliest, since: performance.now() };
        if (performance.now() - stuck.since < STUCK_MS) {
          await sleep(LOOK_MS);
          continue;
        }
        this.logger.warn({ earliest }, 'a deadline leads to nothing');
      }
      if (now >= to) break;
      const next = earliest !== null && earliest > now ? Math.min(earliest, to) : to;
      await this.#setOffset(next - Date.now());
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
      const pulses = await Promise.all(Object.values(this.config.owners).map((url) => this.#pulse(url)));
      const written = await this.#written();
      const idle = pulses.every(({ waiting }) => waiting === 0);
      if (idle && written === before) {
        const deadlines = pulses.flatMap(({ earliestDeadline }) => earliestDeadline ?? []);
        const earliest = deadlines.length ? Math.min(...deadlines) : null;
        return { now: Math.min(...pulses.map((pulse) => pulse.now)), earliest };
      }
      before = idle ? written : -1n;
    }
    throw new Error('stopping');
  }
  async #pulse(url: string): Promise<Pulse> {
    const response = await fetch(`${url}/internal/pulse`, { headers: { [INTERNAL]: this.config.internalSecret } });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return (await response.json()) as Pulse;
  }
  async #written(): Promise<bigint> {
    const ends = await Promise.all(catalogue.topics.map(({ topic }) => this.log.ends(topic)));
    return ends.flatMap((partitions) => [...partitions.values()]).reduce((sum, end) => sum + end, 0n);
  }

  /** In order with everything else: one control record in every partition of commands. */
  async #setOffset(offsetMs: number): Promise<void> {
    const value = clockRecord(Math.ceil(offsetMs));
    const commands = catalogue.topics.filter(({ topic }) => topic.endsWith('.commands'));
    const records = commands.flatMap(({ topic, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, key: 'clock', value, partition })),
    );
    await this.log.send(records);
  }
}
