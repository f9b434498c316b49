import { toJson } from '@yuzhi/database/json';
import type { Reader } from '@yuzhi/database/store';
import type { CloudEvent, Envelope } from '@yuzhi/protocol/declare';
import type { Logger } from '@yuzhi/telemetry/logging';
import { metrics } from '@yuzhi/telemetry/metrics';
import { checkCommand, servicePrincipal } from './effects.ts';
import type { EventHandler } from './handlers.ts';
import { derivedId } from './ids.ts';
import type { Batch, Log, LogRecord, Taken } from './log.ts';
import { behind } from './positions.ts';
import { Quarantine, StillPoisoned } from './quarantine.ts';

export interface EventParts {
  service: string;
  log: Log;
  logger: Logger;
  /** The role of the side tables: parked events are written here, never the domain. */
  side: Reader;
  events: Map<string, EventHandler[]>;
}

/** Foreign events become our own commands. One that cannot be understood parks its key; other keys flow. */
export class EventIntake {
  readonly #quarantine: Quarantine;
  /** By topic and partition, how far this process got. */
  readonly #reached = new Map<string, Map<number, bigint>>();

  constructor(private readonly parts: EventParts) {
    this.#quarantine = new Quarantine(parts.side);
  }

  get topics(): string[] {
    return [...new Set([...this.parts.events.values()].flat().map((h) => h.event.topic))];
  }
  #groupOf = (topic: string) => `${this.parts.service}.on.${topic}`;

  /** Events on the log that have not become commands yet. */
  async behind(): Promise<number> {
    return [...(await this.lags()).values()].reduce((sum, n) => sum + n, 0);
  }
  /** The same by consumer group. */
  async lags(): Promise<Map<string, number>> {
    const lags = this.topics.map(async (topic) => {
      const [group, reached] = [this.#groupOf(topic), this.#reached.get(topic) ?? new Map<number, bigint>()];
      return [group, await behind(this.parts.log, topic, group, reached)] as const;
    });
    return new Map(await Promise.all(lags));
  }

  async start(): Promise<void> {
    const { log } = this.parts;
    await Promise.all(
      this.topics.map((topic) => {
        const reached = new Map<number, bigint>();
        this.#reached.set(topic, reached);
        return log.follow(topic, this.#groupOf(topic), async (batch) => {
          await this.#onBatch(topic, batch);
          if (batch.records.length) reached.set(batch.partition, batch.records.at(-1)!.offset + 1n);
        });
      }),
    );
  }

  async #onBatch(topic: string, { records }: Batch): Promise<void> {
    const parked = await this.#quarantine.parked(topic, [...new Set(records.map(({ key }) => key))]);
    const commands: LogRecord[] = [];
    for (const record of records) {
      if (parked.has(record.key) && (await this.#quarantine.parkBehind(topic, record))) continue;
      try {
        commands.push(...this.#lead(record.value));
      } catch (e) {
        parked.add(record.key);
        await this.#park(topic, record, e instanceof Error ? (e.stack ?? e.message) : String(e));
      }
    }
    await this.parts.log.send(commands);
  }

  #lead(value: string): LogRecord[] {
    const event = JSON.parse(value) as CloudEvent;
    return (this.parts.events.get(event.type) ?? []).flatMap((handler) => this.#commandsOf(handler, event));
  }
  #commandsOf({ name, event: declared, follow }: EventHandler, event: CloudEvent): LogRecord[] {
    const principal = servicePrincipal(this.parts.service);
    const wanted = follow(declared.data.parse(event.data) as never, event) ?? [];
    return (Array.isArray(wanted) ? wanted : [wanted]).map(({ command, key, data }, n) => {
      checkCommand(command, key, data);
      const id = derivedId(event.id, name, String(n));
      const traced = event.traceparent ? { traceparent: event.traceparent } : {};
      const sent = { id, idempotencyKey: id, type: command.type, key, principal, because: event.id };
      const envelope: Envelope = { ...sent, ...traced, data };
      return { topic: command.topic, key, value: toJson(envelope) };
    });
  }

  async #park(topic: string, record: Taken, error: string): Promise<void> {
    const { logger, service } = this.parts;
    metrics.quarantined.of({ service, kind: 'event' }).inc();
    logger.error({ topic, key: record.key, offset: String(record.offset), error }, 'event parked');
    await this.#quarantine.park(topic, record, error);
  }

  /**
   * Sends a key's parked events again, in order, after what made them unreadable was mended. Answers how many.
   * @throws StillPoisoned when one of them is as unreadable as before: it and those behind it stay
   */
  replay(topic: string, key: string): Promise<number> {
    return this.#quarantine.replayEvents(topic, key, (value) => this.parts.log.send(this.#leadAgain(value)));
  }
  #leadAgain(value: string): LogRecord[] {
    try {
      return this.#lead(value);
    } catch (e) {
      throw new StillPoisoned(String(e));
    }
  }
}
