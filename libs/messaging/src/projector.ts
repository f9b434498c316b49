import { Refused } from '@yuzhi/database/journal';
import type { CloudEvent } from '@yuzhi/protocol/declare';
import type { Logger } from '@yuzhi/telemetry/logging';
import type pg from 'pg';
import type { Batch, Log, Seek, Taken } from './log.ts';
import { assertHeld } from './positions.ts';
import { sleep } from './wait.ts';

/** A read model: writes directly, and may be thrown away and built again from the log without repeating a command. */
export interface Projection {
  name: string;
  topics: string[];
  /**
   * In the transaction that also moves the position, so nothing is applied twice by us; but its owner may have sent an
   * event twice, with the same id. In order per key.
   */
  apply(tx: pg.PoolClient, events: CloudEvent[]): Promise<void>;
  /** Empties the read model, for building it again. */
  clear?(tx: pg.PoolClient): Promise<void>;
}
export interface ProjectorParts {
  log: Log;
  clusterId: string;
  logger: Logger;
  /** The role of the side tables. */
  side: pg.Pool;
}

/** Feeds a projection; its position is in Postgres, in the transaction of what it wrote. */
export class Projector {
  /** By topic: what this process reads of it, and how it is told where to read. */
  readonly #reading = new Map<string, { partitions: number[]; seek: Seek }>();

  constructor(
    private readonly parts: ProjectorParts,
    private readonly projection: Projection,
  ) {}

  /** Events on the log that are not in the read model yet. */
  async behind(): Promise<number> {
    const { log, side } = this.parts;
    const { topics, name } = this.projection;
    const { rows } = await side.query<{ sum: string | null }>(
      'select sum(next_offset)::text as sum from projection_offset where projection = $1 and topic = any($2)',
      [name, topics],
    );
    const ends = await Promise.all(topics.map((topic) => log.ends(topic)));
    const end = ends.flatMap((e) => [...e.values()]).reduce((sum, n) => sum + n, 0n);
    return Number(end - BigInt(rows[0]?.sum ?? 0));
  }

  async start(): Promise<void> {
    await Promise.all(this.projection.topics.map((topic) => this.#follow(topic)));
  }

  /** Empties the read model and begins anew at the beginning of the log. */
  async rebuild(): Promise<void> {
    const { name, clear } = this.projection;
    if (!clear) throw new Error(`${name} cannot be emptied`);
    await this.#transaction(async (tx) => {
      await clear.call(this.projection, tx);
      await tx.query('update projection_offset set next_offset = 0 where projection = $1', [name]);
    });
    for (const { partitions, seek } of this.#reading.values()) for (const partition of partitions) seek(partition, 0n);
  }

  async #follow(topic: string): Promise<void> {
    const { log } = this.parts;
    await log.lead(topic, `projection.${this.projection.name}.${topic}`, {
      onAssigned: (partitions, seek) => {
        this.#reading.set(topic, { partitions, seek });
        for (const partition of partitions) void this.#begin(topic, partition, seek);
      },
      onBatch: (batch) => this.#take(topic, batch),
    });
  }
  async #begin(topic: string, partition: number, seek: Seek): Promise<void> {
    const { log, logger } = this.parts;
    try {
      const next = await this.#position(topic, partition);
      await assertHeld(log, topic, partition, next);
      seek(partition, next);
    } catch (err) {
      // Whatever it is, the next batch meets it again.
      logger.warn({ err, projection: this.projection.name, topic, partition }, 'projection waits');
    }
  }

  async #position(topic: string, partition: number): Promise<bigint> {
    const { side, clusterId } = this.parts;
    const key = [this.projection.name, topic, partition];
    const read = async () => {
      const { rows } = await side.query<{ next: string; cluster: string }>(
        `select next_offset::text as next, cluster_id as cluster from projection_offset
         where projection = $1 and topic = $2 and partition = $3`,
        key,
      );
      return rows[0];
    };
    let row = await read();
    if (!row) {
      await side.query(
        `insert into projection_offset (projection, topic, partition, cluster_id, next_offset)
         values ($1, $2, $3, $4, 0) on conflict do nothing`,
        [...key, clusterId],
      );
      row = (await read())!;
    }
    if (row.cluster !== clusterId)
      throw new Refused(`${topic}/${partition} was read from Kafka cluster ${row.cluster}`);
    return BigInt(row.next);
  }

  /** Tries for ever: a projection may be late, never wrong. */
  async #take(topic: string, { partition, records, current, fetchedFrom }: Batch): Promise<void> {
    for (let wait = 50; current(); wait = Math.min(wait * 2, 2000)) {
      try {
        const next = await this.#position(topic, partition);
        if (fetchedFrom > next) return this.#reading.get(topic)!.seek(partition, next);
        const fresh = records.filter((r) => r.offset >= next);
        if (fresh.length) return await this.#apply(topic, partition, next, fresh);
        return await assertHeld(this.parts.log, topic, partition, next);
      } catch (err) {
        this.parts.logger.warn({ err, projection: this.projection.name, topic, partition }, 'projection waits');
        await sleep(wait);
      }
    }
  }

  #apply(topic: string, partition: number, expected: bigint, records: Taken[]): Promise<void> {
    return this.#transaction(async (tx) => {
      const moved = await tx.query(
        `update projection_offset set next_offset = $1
         where projection = $2 and topic = $3 and partition = $4 and next_offset = $5`,
        [records.at(-1)!.offset + 1n, this.projection.name, topic, partition, expected],
      );
      if (moved.rowCount !== 1) throw new Error('another replica moved this projection');
      await this.projection.apply(
        tx,
        records.flatMap((r) => parsed(r.value)),
      );
    });
  }

  async #transaction(work: (tx: pg.PoolClient) => Promise<void>): Promise<void> {
    const tx = await this.parts.side.connect();
    let broken: Error | undefined;
    try {
      await tx.query('begin');
      await work(tx);
      await tx.query('commit');
    } catch (e) {
      await tx.query('rollback').catch((lost: Error) => (broken = lost));
      throw e;
    } finally {
      // A connection whose transaction could not be ended must not be used again.
      tx.release(broken);
    }
  }
}

/** What is no event at all cannot be projected; the owner's outbox never wrote it. */
function parsed(value: string): CloudEvent[] {
  try {
    const event = JSON.parse(value) as CloudEvent;
    return typeof event.type === 'string' && typeof event.id === 'string' ? [event] : [];
  } catch {
    return [];
  }
}
