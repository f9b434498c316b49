import { Refused } from '@yuzhi/database/journal';
import type { CloudEvent } from '@yuzhi/protocol/declare';
import type { Logger } from '@yuzhi/telemetry/logging';
import type pg from 'pg';
import type { Batch, Log, Seek, Taken } from './log.ts';

/** A read model: writes directly, and may be thrown away and built again from the log without repeating a command. */
export interface Projection {
  name: string;
  topics: string[];
  /** Every event at least once, in order per key; guard by the event's id or version. */
  apply(tx: pg.PoolClient, events: CloudEvent[]): Promise<void>;
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
  constructor(
    private readonly parts: ProjectorParts,
    private readonly projection: Projection,
  ) {}

  /** Events on the log that are not in the read model yet. */
  async behind(): Promise<number> {
    const { log, side } = this.parts;
    const { rows } = await side.query<{ sum: string | null }>(
      'select sum(next_offset)::text as sum from projection_offset where projection = $1',
      [this.projection.name],
    );
    const ends = await Promise.all(this.projection.topics.map((topic) => log.ends(topic)));
    const end = ends.flatMap((e) => [...e.values()]).reduce((sum, n) => sum + n, 0n);
    return Number(end - BigInt(rows[0]?.sum ?? 0));
  }

  async start(): Promise<void> {
    await Promise.all(this.projection.topics.map((topic) => this.#follow(topic)));
  }

  async #follow(topic: string): Promise<void> {
    const { log } = this.parts;
    let seekTo: Seek = () => {};
    await log.lead(topic, `projection.${this.projection.name}.${topic}`, {
      onAssigned: (partitions, seek) => {
        seekTo = seek;
        for (const partition of partitions) {
          void this.#position(topic, partition).then(
            (next) => seek(partition, next),
            () => {},
          );
        }
      },
      onBatch: (batch) => this.#take(topic, batch, seekTo),
    });
  }

  async #position(topic: string, partition: number): Promise<bigint> {
    const { rows } = await this.parts.side.query<{ next: string; cluster: string }>(
      `insert into projection_offset (projection, topic, partition, cluster_id, next_offset) values ($1, $2, $3, $4, 0)
       on conflict (projection, topic, partition) do update set next_offset = projection_offset.next_offset
       returning next_offset::text as next, cluster_id as cluster`,
      [this.projection.name, topic, partition, this.parts.clusterId],
    );
    const { next, cluster } = rows[0]!;
    if (cluster !== this.parts.clusterId)
      throw new Refused(`${topic}/${partition} was read from Kafka cluster ${cluster}`);
    return BigInt(next);
  }

  /** Tries for ever: a projection may be late, never wrong. */
  async #take(topic: string, { partition, records, current, fetchedFrom }: Batch, seek: Seek): Promise<void> {
    for (let wait = 50; current(); wait = Math.min(wait * 2, 2000)) {
      try {
        const next = await this.#position(topic, partition);
        if (fetchedFrom > next) return seek(partition, next);
        return await this.#apply(
          topic,
          partition,
          next,
          records.filter((r) => r.offset >= next),
        );
      } catch (err) {
        this.parts.logger.warn({ err, projection: this.projection.name }, 'projection waits');
        await new Promise((go) => setTimeout(go, wait));
      }
    }
  }

  async #apply(topic: string, partition: number, expected: bigint, records: Taken[]): Promise<void> {
    if (!records.length) return;
    const tx = await this.parts.side.connect();
    try {
      await tx.query('begin');
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
      await tx.query('commit');
    } catch (e) {
      await tx.query('rollback').catch(() => {});
      throw e;
    } finally {
      tx.release();
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
