import { toJson } from '@yuzhi/database/json';
import type { Reader } from '@yuzhi/database/store';
import type { Envelope } from '@yuzhi/protocol/declare';
import { derivedId } from './ids.ts';
import type { LogRecord, Taken } from './log.ts';

/** Postgres has no NUL in its text. */
const storable = (text: string) => text.replaceAll('\0', '\\0');
const valuesOf = (topic: string, { partition, offset, key, value }: Taken, error: string) => [
  topic,
  partition,
  offset,
  storable(key),
  storable(value),
  storable(error),
];

/**
 * What could not be worked on, until somebody mends the cause: commands, which the committer put there, and events,
 * which park their key. The table alone knows: another replica may have parked a key, or sent it again.
 */
export class Quarantine {
  constructor(
    /** The role of the side tables: it never writes the domain. */
    private readonly side: Reader,
  ) {}

  /** Which of these keys have an event waiting. */
  async parked(topic: string, keys: readonly string[]): Promise<Set<string>> {
    const { rows } = await this.side.query<{ key: string }>(
      `select distinct key from quarantine where kind = 'event' and topic = $1 and key = any($2::text[])`,
      [topic, keys.map(storable)],
    );
    return new Set(rows.map(({ key }) => key));
  }

  async park(topic: string, event: Taken, error: string): Promise<void> {
    await this.side.query(
      `insert into quarantine (topic, partition, message_offset, kind, key, value, error)
       values ($1, $2, $3, 'event', $4, $5, $6) on conflict do nothing`,
      valuesOf(topic, event, error),
    );
  }

  /** Puts an event behind those of its key that wait. False when none waits any more: then it may go its way. */
  async parkBehind(topic: string, event: Taken): Promise<boolean> {
    // The lock makes a replay that is just deleting the last one wait, or us see that it is gone.
    const { rowCount } = await this.side.query(
      `with waiting as (
         select 1 from quarantine where kind = 'event' and topic = $1 and key = $4 limit 1 for share)
       insert into quarantine (topic, partition, message_offset, kind, key, value, error)
       select $1, $2::int, $3::bigint, 'event', $4, $5, $6 from waiting
       on conflict (topic, partition, message_offset) do update set at = quarantine.at returning 1`,
      valuesOf(topic, event, 'waits behind an earlier event of its key'),
    );
    return rowCount !== 0;
  }

  /** Sends a key's parked events again, in order, and whatever is parked behind them meanwhile. Answers how many. */
  async replayEvents(topic: string, key: string, send: (value: string) => Promise<void>): Promise<number> {
    for (let sent = 0; ; sent += 1) {
      const { rows } = await this.side.query<{ value: string; partition: number; offset: string }>(
        `select value, partition, message_offset::text as offset from quarantine
         where kind = 'event' and topic = $1 and key = $2 order by partition, message_offset limit 1`,
        [topic, storable(key)],
      );
      const [first] = rows;
      if (!first) return sent;
      await send(first.value);
      await this.#forget(topic, first.partition, first.offset);
    }
  }

  /**
   * Sends a poisoned command again, as a new request behind all others of its key: under its own key it has been
   * answered, with our mistake. False when there is none.
   */
  async replayCommand(
    topic: string,
    partition: number,
    offset: bigint,
    send: (records: LogRecord[]) => Promise<void>,
  ): Promise<boolean> {
    const { rows } = await this.side.query<{ key: string; value: string }>(
      `select key, value from quarantine
       where kind = 'command' and topic = $1 and partition = $2 and message_offset = $3`,
      [topic, partition, offset],
    );
    const [row] = rows;
    if (!row) return false;
    const envelope = JSON.parse(row.value) as Envelope;
    const id = derivedId(envelope.id, 'replay', topic, String(partition), String(offset));
    await send([{ topic, key: row.key, value: toJson({ ...envelope, id, idempotencyKey: id }) }]);
    await this.#forget(topic, partition, String(offset));
    return true;
  }

  async #forget(topic: string, partition: number, offset: string): Promise<void> {
    await this.side.query('delete from quarantine where topic = $1 and partition = $2 and message_offset = $3', [
      topic,
      partition,
      offset,
    ]);
  }
}
