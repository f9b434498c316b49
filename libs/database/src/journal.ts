import { createHash } from 'node:crypto';
import type { Outcome } from '@yuzhi/protocol/declare';
import type pg from 'pg';
import type { Reader } from './store.ts';
import { arrayText } from './array-text.ts';
import { shifted, type Statement } from './statement.ts';

/** One partition as its current owner knows it. `lastNow` and `clockOffsetMs` make the decisions' clock. */
export interface Lease {
  topic: string;
  partition: number;
  epoch: bigint;
  next: bigint;
  lastNow: number;
  clockOffsetMs: number;
}
/** How far one partition moves in this commit. */
export interface Step {
  lease: Lease;
  next: bigint;
  lastNow: number;
  clockOffsetMs: number;
}
export interface Asked {
  /** Derived from the three: what the inbox is searched by. */
  id: string;
  party: string;
  aggregate: string;
  idempotencyKey: string;
}
export interface Filed extends Asked {
  commandId: string;
  type: string;
  inputHash: string;
  outcome: Outcome;
}
export interface Filing extends Omit<Filed, 'outcome'> {
  /** The outcome as JSON, made once for all who are told it. */
  said: string;
  /** Platform time of the decision, epoch ms. */
  now: number;
}
export interface Outgoing {
  partition: number;
  topic: string;
  key: string;
  /** `null` deletes the key of a compacted topic. */
  value: string | null;
}
export interface Quarantined {
  topic: string;
  partition: number;
  offset: bigint;
  key: string;
  value: string;
  error: string;
}
export interface Entry {
  steps: Step[];
  filed: Filing[];
  outgoing: Outgoing[];
  quarantined: Quarantined[];
  /** Outbox rows that are on the log. */
  published: bigint[];
  /** Ids of what was asked and memory could not vouch for: the commit fails with `Known` if the inbox has one. */
  doubtful: string[];
  /** Wall-clock day of filing. */
  filedOn: string;
}

/** SQLSTATE unique_violation. */
const UNIQUE = '23505';

/** Another owner took the partition, or the log is not where we left it. */
export class Fenced extends Error {}
/** A command was decided before, and memory did not know: look it up and decide again. */
export class Known extends Error {}
/** Going on would be a guess: another Kafka cluster, or records that the log no longer has. */
export class Refused extends Error {}

type OffsetRow = {
  next_offset: string;
  owner_epoch: string;
  last_now: Date;
  clock_offset_ms: string;
};

const FIXED = `with owned as (
    update consumer_offset c set next_offset = u.next, last_now = u.last_now, clock_offset_ms = u.clock_offset
    from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::bigint[])
      u(topic, partition, epoch, expected, next, last_now, clock_offset)
    where c.topic = u.topic and c.partition = u.partition and c.owner_epoch = u.epoch and c.next_offset = u.expected
    returning 1),
  known as (select 1 from unnest($8::uuid[]) w(asked) join inbox i using (asked)),
  filed as (
    insert into inbox (asked, party, aggregate, idempotency_key, filed_on, command_id, type, input_hash, outcome,
      decided_at)
    select u.i, u.p, u.a, u.k, $9::date, u.c, u.t, u.h, u.o, to_timestamp(u.d / 1000)
    from rows from (
        unnest($10::uuid[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::text[], $16::text[],
          $17::float8[]),
        json_array_elements($18::json))
      u(i, p, a, k, c, t, h, d, o)),
  sent as (
    insert into outbox (partition, topic, key, value)
    select u.p, u.t, u.k, u.v
    from unnest($19::int[], $20::text[], $21::text[], $22::text[]) with ordinality u(p, t, k, v, n)
    order by u.n returning seq),
  bad as (
    insert into quarantine (topic, partition, message_offset, kind, key, value, error)
    select u.t, u.p, u.o, 'command', u.k, u.v, u.e
    from unnest($23::text[], $24::int[], $25::bigint[], $26::text[], $27::text[], $28::text[]) u(t, p, o, k, v, e)
    on conflict do nothing),
  gone as (delete from outbox where seq = any($29::bigint[]))`;
const FIXED_PARAMETERS = 29;

/** Postgres has no NUL in its text: a record that is poisoned by one could not even be set aside. */
const storable = (text: string) => text.replaceAll('\0', '\\0');

const fixedValues = (e: Entry) => [
  e.steps.map((s) => s.lease.topic),
  e.steps.map((s) => s.lease.partition),
  e.steps.map((s) => s.lease.epoch),
  e.steps.map((s) => s.lease.next),
  e.steps.map((s) => s.next),
  e.steps.map((s) => new Date(s.lastNow)),
  e.steps.map((s) => s.clockOffsetMs),
  e.doubtful,
  e.filedOn,
  e.filed.map((f) => f.id),
  e.filed.map((f) => f.party),
  e.filed.map((f) => f.aggregate),
  e.filed.map((f) => f.idempotencyKey),
  e.filed.map((f) => f.commandId),
  e.filed.map((f) => f.type),
  e.filed.map((f) => f.inputHash),
  e.filed.map((f) => f.now),
  // As one text: as elements of an array of Postgres every quote in them would be escaped.
  `[${e.filed.map((f) => f.said).join(',')}]`,
  e.outgoing.map((o) => o.partition),
  e.outgoing.map((o) => o.topic),
  e.outgoing.map((o) => o.key),
  e.outgoing.map((o) => o.value),
  e.quarantined.map((q) => q.topic),
  e.quarantined.map((q) => q.partition),
  e.quarantined.map((q) => q.offset),
  e.quarantined.map((q) => storable(q.key)),
  e.quarantined.map((q) => storable(q.value)),
  e.quarantined.map((q) => storable(q.error)),
  e.published,
];

/** Offsets, inbox, outbox, quarantine and the aggregates themselves: one statement, so one commit, per batch. */
export class Journal {
  readonly #texts = new Map<string, { name: string; text: string }>();

  /** Takes a partition: from now on every earlier owner is refused. */
  async lease(db: Reader, clusterId: string, topic: string, partition: number): Promise<Lease> {
    const { rows } = await db.query<OffsetRow>(
      `insert into consumer_offset as c (topic, partition, cluster_id, next_offset, owner_epoch)
       values ($1, $2, $3, 0, 1)
       on conflict (topic, partition) do update set owner_epoch = c.owner_epoch + 1
       where c.cluster_id = excluded.cluster_id
       returning next_offset::text, owner_epoch::text, last_now, clock_offset_ms::text`,
      [topic, partition, clusterId],
    );
    const [row] = rows;
    // The rightful owner must not be fenced by a process that only has the wrong broker.
    if (!row) throw new Refused(`${topic}/${partition} was written by another Kafka cluster than ${clusterId}`);
    return {
      topic,
      partition,
      epoch: BigInt(row.owner_epoch),
      next: BigInt(row.next_offset),
      lastNow: row.last_now.getTime(),
      clockOffsetMs: Number(row.clock_offset_ms),
    };
  }

  /** What the inbox already knows of these. */
  async known(db: Reader, asked: readonly string[]): Promise<Filed[]> {
    if (!asked.length) return [];
    const { rows } = await db.query<Filed>({
      name: 'inbox-known',
      text: `select i.asked as id, i.party, i.aggregate, i.idempotency_key as "idempotencyKey",
          i.command_id as "commandId", i.type, i.input_hash as "inputHash", i.outcome
        from unnest($1::uuid[]) w(asked) join inbox i using (asked)`,
      values: [asked],
    });
    return rows;
  }

  /**
   * Commits a batch. Answers the seq of each outgoing row, in their order.
   * @throws Fenced, Known; any other error of Postgres as it is.
   */
  async commit(db: Reader, entry: Entry, saves: { store: string; statements: Statement[] }[]): Promise<bigint[]> {
    const flat = saves.flatMap(({ store, statements }) =>
      statements.map((statement, n) => ({ id: `${store}_${n}`, statement })),
    );
    const used = flat.filter(({ statement }) => statement.rows > 0);
    const { name, text } = this.#compose(used);
    const expected = used.reduce((sum, { statement }) => sum + statement.rows, 0);
    const given = [...fixedValues(entry), ...used.flatMap(({ statement }) => statement.values)];
    const columns = given.map((value) => (typeof value === 'string' ? value : arrayText(value)));
    const values = [...columns, entry.steps.length, expected];
    try {
      const { rows } = await db.query<{ seqs: string[] | null }>({ name, text, values });
      return (rows[0]!.seqs ?? []).map(BigInt);
    } catch (e) {
      const { code, message, table } = e as { code?: string; message: string; table?: string };
      if (code === 'YZ001') throw new Fenced(message);
      if (code === 'YZ002') throw new Known(message);
      // What the door vouches for is not looked for, and may still be on the log twice.
      if (code === UNIQUE && table?.startsWith('inbox')) throw new Known(message);
      throw e;
    }
  }

  #compose(used: { id: string; statement: Statement }[]) {
    const id = used.map((u) => `${u.id} ${u.statement.text}`).join('\n');
    let composed = this.#texts.get(id);
    if (!composed) {
      let at = FIXED_PARAMETERS;
      const parts = used.map(({ id: name, statement }) => {
        const part = `${name} as (${shifted(statement.text, at)})`;
        at += statement.values.length;
        return part;
      });
      const saved = used.length ? used.map((u) => `(select count(*) from ${u.id})`).join(' + ') : '0::bigint';
      const text = `${[FIXED, ...parts].join(',\n  ')}
        select assert_commit((select count(*) from owned), $${at + 1}::bigint, (select count(*) from known),
            ${saved}, $${at + 2}::bigint),
          (select array_agg(seq::text order by seq) from sent) as seqs`;
      const name = `commit-${createHash('sha256').update(text).digest('base64url')}`;
      this.#texts.set(id, (composed = { name, text }));
    }
    return composed;
  }

  /** What a previous owner committed and may not have published, in order. */
  async unpublished(db: Reader, partition: number): Promise<(Outgoing & { seq: bigint })[]> {
    const { rows } = await db.query<Outgoing & { seq: string }>(
      'select seq::text, partition, topic, key, value from outbox where partition = $1 order by outbox.seq',
      [partition],
    );
    return rows.map((row) => ({ ...row, seq: BigInt(row.seq) }));
  }

  async forget(db: Reader, seqs: bigint[]): Promise<void> {
    if (seqs.length) await db.query('delete from outbox where seq = any($1::bigint[])', [seqs]);
  }
}

/** A pool that never lets the end of a connection take the process down, whether it was idle or in a transaction. */
export function openPool(create: () => pg.Pool): pg.Pool {
  const pool = create();
  pool.on('error', () => {});
  // The pool listens to its idle clients only: to whoever borrowed one, the next query says it.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
