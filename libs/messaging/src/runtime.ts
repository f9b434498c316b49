import { Journal } from '@yuzhi/database/journal';
import type { Logger } from '@yuzhi/telemetry/logging';
import { metrics } from '@yuzhi/telemetry/metrics';
import { probes } from '@yuzhi/telemetry/probes';
import type pg from 'pg';
import { Busiest } from './busiest.ts';
import { CommandIntake } from './command-intake.ts';
import { type Committed, Committer } from './committer.ts';
import type { Shown } from './decision.ts';
import { type Errand, Errands } from './errands.ts';
import { EventIntake } from './event-intake.ts';
import type { Handlers } from './handlers.ts';
import type { Log, TopicSpec } from './log.ts';
import { type Projection, Projector } from './projector.ts';
import { Quarantine } from './quarantine.ts';
import { liveChannel, type LiveItems, liveTopic, type Pager, replyChannel } from './replies.ts';
import { readStanding, showStanding, type Standing } from './standing.ts';
import { Sweeper } from './sweeper.ts';

/** How long an answered idempotency key is remembered. */
const INBOX_DAYS = 7;
const HOUR_MS = 3_600_000;

export interface RuntimeParts {
  service: string;
  topics: TopicSpec[];
  log: Log;
  pager: Pager;
  logger: Logger;
  writer: pg.Pool;
  reader: pg.Pool;
  side: pg.Pool;
  handlers: Handlers;
  projections: Projection[];
  /** Held tables, and what else must be read from the log before the first command is taken. */
  tables: { start(log: Log): Promise<void> }[];
  errands?: Errand[];
  /** Work with the outside world that is under way: an idle platform has none. */
  busy: (() => Promise<number>)[];
  steppable: boolean;
  /** Where commits are written; another one than the real is only for tests that break it. */
  journal?: Journal;
  fencedMs: number;
  sweepMs: number;
  /** Before a failed errand is tried again. */
  errandBackOffMs?: number | undefined;
}
/** How far a service has got; what the stepping clock waits for and what ops people watch. */
export interface Pulse {
  /** Commands and events that are not through yet, outgoing records, work with the outside. 0 is idle. */
  waiting: number;
  /** Platform time, epoch ms. */
  now: number;
  earliestDeadline: number | null;
  parked: number;
}

/** Everything a service does with the log, from its first lease to its last outbox row. */
export class Runtime {
  #intake: CommandIntake | undefined;
  #events: EventIntake | undefined;
  readonly #projectors = new Map<string, Projector>();
  readonly sweeper: Sweeper;
  readonly #errands: Errands;
  #roll: NodeJS.Timeout | undefined;
  #unprobe = () => {};
  /** Live channels of this service. */
  readonly busiest = new Busiest();

  constructor(private readonly parts: RuntimeParts) {
    const { service, log, logger, reader, side, handlers, sweepMs, errandBackOffMs, errands = [] } = parts;
    this.sweeper = new Sweeper({ service, log, logger, reader, wakings: handlers.wakings, everyMs: sweepMs });
    this.#errands = new Errands({ service, log, logger, side, errands, backOffMs: errandBackOffMs });
  }

  async start(): Promise<void> {
    const { service, log, pager, logger, writer, side, handlers, projections, tables, topics, steppable } = this.parts;
    const [clusterId] = await Promise.all([log.prepare(topics), pager.open(), this.#rollInbox()]);
    this.#roll = setInterval(
      () => void this.#rollInbox().catch((err: unknown) => logger.warn({ err }, 'inbox')),
      HOUR_MS,
    );
    await Promise.all(tables.map((table) => table.start(log)));
    const journal = this.parts.journal ?? new Journal();
    const committer = new Committer({ service, journal, writer, handlers, steppable });
    const settled = (committed: Committed) => this.#settle(committed);
    const topic = `${service}.commands`;
    const { fencedMs } = this.parts;
    const { stores } = handlers;
    this.#intake = new CommandIntake({
      service,
      topic,
      clusterId,
      fencedMs,
      log,
      logger,
      writer,
      journal,
      committer,
      stores,
      settled,
    });
    this.#events = new EventIntake({ service, log, logger, side, events: handlers.events });
    await log.lead(topic, topic, this.#intake);
    await this.#leased();
    await this.#events.start();
    for (const projection of projections) {
      this.#projectors.set(projection.name, new Projector({ log, clusterId, logger, side }, projection));
    }
    await Promise.all([...this.#projectors.values()].map((p) => p.start()));
    this.sweeper.start();
    this.#errands.start();
    this.#unprobe = probes.add(service, async () => showStanding(service, await this.standing()));
  }
  async #leased(): Promise<void> {
    while (!this.#intake!.ready) {
      if (this.#intake!.refused) throw this.#intake!.refused;
      await new Promise((go) => setTimeout(go, 10));
    }
  }
  async #rollInbox(): Promise<void> {
    await this.parts.writer.query('select roll_inbox($1::date, $2)', [
      new Date().toISOString().slice(0, 10),
      INBOX_DAYS,
    ]);
  }

  /** After the commit, never before: replies to the gateways, items to whoever watches. */
  #settle({ replies, shows, decided, moves, quarantined }: Committed): void {
    const { pager, service } = this.parts;
    this.#errands.kick();
    this.sweeper.kick();
    for (const [gateway, said] of replies) pager.publish(replyChannel(gateway), `[${said.join(',')}]`);
    if (shows.length) pager.publish(liveTopic(service), JSON.stringify(this.#live(shows)));
    for (const { type, code } of decided) metrics.decided.of({ service, type, code }).inc();
    for (const move of moves) metrics.moves.of(move).inc();
    if (quarantined) metrics.quarantined.of({ service, kind: 'command' }).inc(quarantined);
  }

  #live(shows: Shown[]): LiveItems[] {
    const channels = Map.groupBy(shows, ({ stream, key }) => liveChannel(stream.type, key));
    return [...channels].map(([channel, shown]) => {
      this.busiest.add(channel, shown.length);
      return { channel, items: shown.map(({ seq, item }) => ({ seq, item })) };
    });
  }

  /** Why this service should get no traffic, if so. */
  unready(): string | undefined {
    if (!this.#intake) return 'starting';
    return this.#intake.refused?.message;
  }

  /** Sends a key's parked events again, in order, after their cause was mended. Answers how many. */
  async replayParked(topic: string, key: string): Promise<number> {
    return this.#events!.replay(topic, key);
  }
  /** Sends a poisoned command again, as a new request. False when there is none at that place. */
  async replayCommand(partition: number, offset: bigint): Promise<boolean> {
    const { side, service, log } = this.parts;
    return new Quarantine(side).replayCommand(`${service}.commands`, partition, offset, (records) => log.send(records));
  }
  /** Takes a record that was set aside out for good, unsent. False when there is none at that place. */
  async discard(topic: string, partition: number, offset: bigint): Promise<boolean> {
    return new Quarantine(this.parts.side).discard(topic, partition, offset);
  }
  async rebuild(projection: string): Promise<void> {
    const projector = this.#projectors.get(projection);
    if (!projector) throw new Error(`${this.parts.service} has no projection ${projection}`);
    await projector.rebuild();
  }

  async pulse(): Promise<Pulse> {
    const { reader, busy } = this.parts;
    // What is decided and told while we look is in neither place when its turn comes, so it is looked for first.
    const before = (await this.#lag()) + (this.#intake?.unsent ?? 1);
    // Whoever has enough to do already does not count the rest: each count is a question to the log.
    const [behind, outside] = before
      ? [[], []]
      : await Promise.all([
          Promise.all([this.#events?.behind() ?? 1, ...[...this.#projectors.values()].map((p) => p.behind())]),
          Promise.all([this.#errands.busy(), ...busy.map((probe) => probe())]),
        ]);
    const [lag, parked, now, earliestDeadline] = await Promise.all([
      before ? 0 : this.#lag(),
      reader.query<{ count: number }>('select count(*)::int as count from quarantine'),
      this.sweeper.now(),
      this.sweeper.earliest(),
    ]);
    const waiting = [before, lag, this.#intake?.unsent ?? 1, ...behind, ...outside].reduce((sum, n) => sum + n, 0);
    return { waiting, now, earliestDeadline, parked: parked.rows[0]!.count };
  }
  standing(): Promise<Standing> {
    const { service, reader } = this.parts;
    return readStanding({
      service,
      reader,
      sweeper: this.sweeper,
      errands: this.#errands,
      intake: this.#intake,
      events: this.#events,
      projectors: this.#projectors,
      ownLag: () => this.#lag(),
    });
  }
  /** End offsets minus stored offsets. */
  async #lag(): Promise<number> {
    const { service, log, reader } = this.parts;
    const topic = `${service}.commands`;
    const { rows } = await reader.query<{ sum: string | null }>(
      'select sum(next_offset)::text as sum from consumer_offset where topic = $1',
      [topic],
    );
    const ends = await log.ends(topic);
    const end = [...ends.values()].reduce((sum, n) => sum + n, 0n);
    return Number(end - BigInt(rows[0]?.sum ?? 0));
  }

  /** Stops taking, lets the running commit end, keeps the rest for the next owner. */
  async stop(): Promise<void> {
    clearInterval(this.#roll);
    this.#unprobe();
    this.sweeper.stop();
    await this.#errands.stop();
    await this.#intake?.close();
    await this.parts.log.close();
    this.parts.pager.close();
  }
}
