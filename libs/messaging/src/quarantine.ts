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

/** A record that is set aside. */
export interface SetAside {
  kind: 'command' | 'event';
  topic: string;
  partition: number;
  /** Digits. */
  offset: string;
  key: string;
  /** What it says it is, when it says so. */
  type: string | null;
  /** The first line of what was thrown. */
  error: string;
  /** Epoch ms. */
  at: number;
}

/** Sent again it would only be set aside again: the cause is not mended, or it is nothing that can be sent. */
export class StillPoisoned extends Error {}

/** The records that were set aside last, newest first. */
export async function listSetAside(reader: Reader, limit: number): Promise<SetAside[]> {
  const { rows } = await reader.query<Omit<SetAside, 'at'> & { at: Date }>(
    `select kind, topic, partition, message_offset::text as offset, key, at,
       substring(left(value, 2000) from '"type": ?"([^"]{1,200})"') as type,
       left(split_part(error, E'\n', 1), 300) as error
     from quarantine order by at desc, topic, partition, message_offset limit $1`,
    [limit],
  );
  return rows.map(({ at, ...row }) => ({ ...row, at: at.getTime() }));
}
export async function countSetAside(reader: Reader): Promise<{ commands: number; events: number }> {
  const { rows } = await reader.query<{ commands: number; events: number }>(
    `select count(*) filter (where kind = 'command')::int as commands,
       count(*) filter (where kind = 'event')::int as events from quarantine`,
  );
  return rows[0]!;
}

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
   * @throws StillPoisoned when it is no request at all
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
    const envelope = envelopeOf(row.value);
    const id = derivedId(envelope.id, 'replay', topic, String(partition), String(offset));
    await send([{ topic, key: row.key, value: toJson({ ...envelope, id, idempotencyKey: id }) }]);
    await this.#forget(topic, partition, String(offset));
    return true;
  }

  /** Takes a record out for good, and sends nothing. False when there is none. What waits behind an event stays. */
  async discard(topic: string, partition: number, offset: bigint): Promise<boolean> {
    return (await this.#forget(topic, partition, String(offset))) > 0;
  }

  async #forget(topic: string, partition: number, offset: string): Promise<number> {
    const { rowCount } = await this.side.query(
      'delete from quarantine where topic = $1 and partition = $2 and message_offset = $3',
      [topic, partition, offset],
    );
    return rowCount ?? 0;
  }
}

function envelopeOf(value: string): Envelope {
  try {
    const envelope = JSON.parse(value) as Envelope | null;
    if (typeof envelope?.id === 'string') return envelope;
  } catch {
    // Told below.
  }
  throw new StillPoisoned('it is no request');
}
