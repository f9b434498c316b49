import { toJson } from '@yuzhi/database/json';
import type { Reader } from '@yuzhi/database/store';
import type { CloudEvent, Envelope } from '@yuzhi/protocol/declare';
import type { Logger } from '@yuzhi/telemetry/logging';
import { metrics } from '@yuzhi/telemetry/metrics';
import { servicePrincipal } from './effects.ts';
import type { EventHandler } from './handlers.ts';
import { derivedId } from './ids.ts';
import type { Batch, Log, LogRecord, Taken } from './log.ts';

export interface EventParts {
  service: string;
  log: Log;
  logger: Logger;
  /** The role of the side tables: parked events are written here, never the domain. */
  side: Reader;
  events: Map<string, EventHandler[]>;
}

const groupOf = (service: string, topic: string) => `${service}.on.${topic}`;

/** Records of a topic that a group has not worked through; what it did itself since boot it knows best. */
export async function behind(log: Log, topic: string, group: string, positions: Map<string, bigint>): Promise<number> {
  const ends = await log.ends(topic);
  const unknown = [...ends.keys()].filter((p) => !positions.has(`${topic}/${p}`));
  if (unknown.length) {
    const acknowledged = await log.acknowledged(topic, group);
    for (const p of unknown) positions.set(`${topic}/${p}`, acknowledged.get(p) ?? 0n);
  }
  return [...ends].reduce((sum, [p, end]) => sum + Math.max(0, Number(end - positions.get(`${topic}/${p}`)!)), 0);
}

/** Foreign events become our own commands. One that cannot be understood parks its key; other keys flow. */
export class EventIntake {
  /** `topic\0key` of whatever waits in quarantine. */
  #parked = new Set<string>();
  readonly #positions = new Map<string, bigint>();

  constructor(private readonly parts: EventParts) {}

  get topics(): string[] {
    return [...new Set([...this.parts.events.values()].flat().map((h) => h.event.topic))];
  }
  /** Events on the log that have not become commands yet. */
  async behind(): Promise<number> {
    const { log, service } = this.parts;
    const counts = await Promise.all(
      this.topics.map((topic) => behind(log, topic, groupOf(service, topic), this.#positions)),
    );
    return counts.reduce((sum, n) => sum + n, 0);
  }

  async start(): Promise<void> {
    const { log, service, side } = this.parts;
    const { rows } = await side.query<{ topic: string; key: string }>(
      `select distinct topic, key from quarantine where kind = 'event'`,
    );
    this.#parked = new Set(rows.map(({ topic, key }) => `${topic}\0${key}`));
    await Promise.all(
      this.topics.map((topic) => log.follow(topic, groupOf(service, topic), (b) => this.#onBatch(topic, b))),
    );
  }

  async #onBatch(topic: string, { records, partition }: Batch): Promise<void> {
    const commands: LogRecord[] = [];
    for (const record of records) {
      const held = this.#parked.has(`${topic}\0${record.key}`);
      try {
        if (held) await this.#park(topic, record, 'waits behind an earlier event of its key');
        else commands.push(...this.#lead(record.value));
      } catch (e) {
        await this.#park(topic, record, String((e as Error)?.stack ?? e));
      }
    }
    await this.parts.log.send(commands);
    if (records.length) this.#positions.set(`${topic}/${partition}`, records.at(-1)!.offset + 1n);
  }

  #lead(value: string): LogRecord[] {
    const event = JSON.parse(value) as CloudEvent;
    return (this.parts.events.get(event.type) ?? []).flatMap((handler) => this.commandsOf(handler, event));
  }
  commandsOf({ name, event: declared, follow }: EventHandler, event: CloudEvent): LogRecord[] {
    const principal = servicePrincipal(this.parts.service);
    const wanted = follow(declared.data.parse(event.data) as never, event) ?? [];
    return (Array.isArray(wanted) ? wanted : [wanted]).map(({ command, key, data }, n) => {
      const id = derivedId(event.id, name, String(n));
      const traced = event.traceparent ? { traceparent: event.traceparent } : {};
      const envelope: Envelope = { id, idempotencyKey: id, type: command.type, key, principal, ...traced, data };
      return { topic: command.topic, key, value: toJson(envelope) };
    });
  }

  async #park(topic: string, { partition, offset, key, value }: Taken, error: string): Promise<void> {
    this.#parked.add(`${topic}\0${key}`);
    metrics.quarantined.inc({ service: this.parts.service, kind: 'event' });
    this.parts.logger.error({ topic, key, offset: String(offset), error }, 'event parked');
    await this.parts.side.query(
      `insert into quarantine (topic, partition, message_offset, kind, key, value, error)
       values ($1, $2, $3, 'event', $4, $5, $6) on conflict do nothing`,
      [topic, partition, offset, key, value, error],
    );
  }

  /** Sends a key's parked events again, in order, after what made them unreadable was mended. Answers how many. */
  async replay(topic: string, key: string): Promise<number> {
    const { side, log } = this.parts;
    const { rows } = await side.query<{ value: string; partition: number; message_offset: string }>(
      `select value, partition, message_offset::text from quarantine
       where kind = 'event' and topic = $1 and key = $2 order by quarantine.partition, quarantine.message_offset`,
      [topic, key],
    );
    for (const row of rows) {
      await log.send(this.#lead(row.value));
      await side.query('delete from quarantine where topic = $1 and partition = $2 and message_offset = $3', [
        topic,
        row.partition,
        row.message_offset,
      ]);
    }
    this.#parked.delete(`${topic}\0${key}`);
    return rows.length;
  }
}
