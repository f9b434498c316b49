import { Pool, type PoolClient } from 'pg';
import { type CivilDate, shanghaiDate } from './calendar.ts';
import { type Desk, settle } from './desk.ts';
import { type Filing, nextDayOf } from './filing.ts';
import { nextAct, type Patent } from './patent.ts';
import type { Change, RegisterExtract } from './wire.ts';

/** Days are text: they compare as text, and no driver shifts them into another time zone. */
const SCHEMA = `
  create table if not exists office (
    single boolean primary key default true check (single),
    today text not null,
    delay_days int not null,
    seq bigint not null default 0,
    filing_count bigint not null default 0
  );
  create table if not exists patent (
    number text collate "C" primary key,
    version bigint not null,
    next_on text collate "C",
    state jsonb not null
  );
  create index if not exists patent_due on patent (next_on) where next_on is not null;
  create table if not exists filing (
    id text collate "C" primary key,
    reference text not null unique,
    number text collate "C" not null references patent,
    body_hash text not null,
    next_on text collate "C",
    state jsonb not null
  );
  create index if not exists filing_due on filing (next_on) where next_on is not null;
  create table if not exists change (
    seq bigint primary key,
    number text collate "C" not null references patent,
    body jsonb not null
  );`;
/** Serialises processes that start at once; any number that nobody else uses. */
const SCHEMA_LOCK = 4_090_237;
const FIRST_DELAY_DAYS = 5;

/** Which rows a piece of work needs beside those that are due. */
export interface Wanted {
  numbers?: readonly string[];
  filingId?: string;
  reference?: string;
}
interface OfficeRow {
  today: string;
  delay_days: number;
  seq: string;
  filing_count: string;
}
/** A filing's body as it was hashed when it came in, by its id. */
export type BodyHashes = Map<string, string>;

async function load(tx: PoolClient, wanted: Wanted, today: CivilDate, office: OfficeRow) {
  const filings = await tx.query<{ state: Filing; body_hash: string }>(
    'select state, body_hash from filing where next_on <= $1 or id = $2 or reference = $3',
    [today, wanted.filingId ?? null, wanted.reference ?? null],
  );
  const numbers = [...(wanted.numbers ?? []), ...filings.rows.map(({ state }) => state.number)];
  const patents = await tx.query<{ state: Patent }>(
    'select state from patent where next_on <= $1 or number = any($2)',
    [today, numbers],
  );
  const desk: Desk = {
    today,
    delayDays: office.delay_days,
    seq: Number(office.seq),
    filingCount: Number(office.filing_count),
    patents: new Map(patents.rows.map(({ state }) => [state.number, state])),
    filings: new Map(filings.rows.map(({ state }) => [state.id, state])),
    changes: [],
  };
  const hashes: BodyHashes = new Map(filings.rows.map(({ state, body_hash }) => [state.id, body_hash]));
  return { desk, hashes };
}

async function save(tx: PoolClient, desk: Desk, hashes: BodyHashes): Promise<void> {
  const patents = [...desk.patents.values()].map((p) => ({
    number: p.number,
    version: p.version,
    next_on: nextAct(p)?.on ?? null,
    state: p,
  }));
  const filings = [...desk.filings.values()].map((f) => ({
    id: f.id,
    reference: f.reference,
    number: f.number,
    body_hash: hashes.get(f.id),
    next_on: nextDayOf(f),
    state: f,
  }));
  const changes = desk.changes.map((body) => ({ seq: body.seq, number: body.number, body }));
  await tx.query(
    `insert into patent select * from jsonb_populate_recordset(null::patent, $1)
     on conflict (number) do update set version = excluded.version, next_on = excluded.next_on, state = excluded.state`,
    [JSON.stringify(patents)],
  );
  await tx.query(
    `insert into filing select * from jsonb_populate_recordset(null::filing, $1)
     on conflict (id) do update set next_on = excluded.next_on, state = excluded.state`,
    [JSON.stringify(filings)],
  );
  await tx.query('insert into change select * from jsonb_populate_recordset(null::change, $1)', [
    JSON.stringify(changes),
  ]);
  await tx.query('update office set today = $1, delay_days = $2, seq = $3, filing_count = $4', [
    desk.today,
    desk.delayDays,
    desk.seq,
    desk.filingCount,
  ]);
}

/** The office's state in its own database. One row, locked, lets one writer in at a time: changes have no gaps. */
export class OfficeStore {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Makes what is missing in the database. A new office opens on the real day. */
  static async open(databaseUrl: string): Promise<OfficeStore> {
    const store = new OfficeStore(new Pool({ connectionString: databaseUrl, max: 4 }));
    // A server that closes an idle connection is met again by the next query.
    store.#pool.on('error', () => {});
    store.#pool.on('connect', (client) => client.on('error', () => {}));
    await store.#transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
      await tx.query(SCHEMA);
      await tx.query('insert into office (today, delay_days) values ($1, $2) on conflict do nothing', [
        shanghaiDate(Date.now()),
        FIRST_DELAY_DAYS,
      ]);
    });
    return store;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #transaction<T>(work: (tx: PoolClient) => Promise<T>): Promise<T> {
    const tx = await this.#pool.connect();
    try {
      await tx.query('begin');
      const result = await work(tx);
      await tx.query('commit');
      return result;
    } catch (error) {
      await tx.query('rollback').catch(() => {});
      throw error;
    } finally {
      tx.release();
    }
  }

  /** The office's day moves up to `day`, never back, and all that was due until then is done. */
  async advance(day: CivilDate): Promise<void> {
    const { rows } = await this.#pool.query<{ today: string }>('select today from office');
    if (day > rows[0]!.today) await this.write({}, () => {}, day);
  }

  /**
   * Changes the office by synchronous work on the rows wanted; then does what has become due by it, and commits. When
   * the work throws, nothing has happened.
   */
  write<T>(wanted: Wanted, work: (desk: Desk, hashes: BodyHashes) => T, day: CivilDate = ''): Promise<T> {
    return this.#transaction(async (tx) => {
      const { rows } = await tx.query<OfficeRow>('select * from office for update');
      const office = rows[0]!;
      const { desk, hashes } = await load(tx, wanted, day > office.today ? day : office.today, office);
      const result = work(desk, hashes);
      settle(desk);
      await save(tx, desk, hashes);
      return result;
    });
  }

  async extract(number: string): Promise<RegisterExtract | undefined> {
    const { rows } = await this.#pool.query<{ extract: RegisterExtract }>(
      "select body -> 'extract' as extract from patent p join change c on c.seq = p.version where p.number = $1",
      [number],
    );
    return rows[0]?.extract;
  }

  async page(after: string, limit: number): Promise<{ items: RegisterExtract[]; head: number }> {
    const { rows } = await this.#pool.query<{ head: string; items: RegisterExtract[] }>(
      `select (select seq from office) as head, coalesce(jsonb_agg(extract order by number), '[]') as items
       from (select p.number, body -> 'extract' as extract from patent p join change c on c.seq = p.version
             where p.number > $1 order by p.number limit $2) found`,
      [after, limit],
    );
    return { items: rows[0]!.items, head: Number(rows[0]!.head) };
  }

  async changes(after: number, limit: number): Promise<{ items: Change[]; head: number }> {
    const { rows } = await this.#pool.query<{ head: string; items: Change[] }>(
      `select (select seq from office) as head, coalesce(jsonb_agg(body order by seq), '[]') as items
       from (select seq, body from change where seq > $1 order by seq limit $2) found`,
      [after, limit],
    );
    return { items: rows[0]!.items, head: Number(rows[0]!.head) };
  }

  async filing(id: string): Promise<Filing | undefined> {
    const { rows } = await this.#pool.query<{ state: Filing }>('select state from filing where id = $1', [id]);
    return rows[0]?.state;
  }

  async summary() {
    const { rows } = await this.#pool.query<{ summary: Record<string, unknown> }>(
      `select jsonb_build_object(
         'today', today, 'delayDays', delay_days, 'head', seq, 'filingCount', filing_count,
         'statuses', (select coalesce(jsonb_object_agg(status, n), '{}') from
           (select body -> 'extract' ->> 'status' as status, count(*) as n
            from patent p join change c on c.seq = p.version group by 1) s),
         'filings', (select coalesce(jsonb_object_agg(state, n), '{}') from
           (select state ->> 'state' as state, count(*) as n from filing group by 1) f)) as summary
       from office`,
    );
    return rows[0]!.summary;
  }
}
