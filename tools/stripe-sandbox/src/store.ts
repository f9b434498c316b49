import { Pool, type PoolClient } from 'pg';
import { API_VERSION } from './wire.ts';
import { PLATFORM, type Scene, type Settings, Work } from './work.ts';

const SCHEMA = `
create schema if not exists stripe_sandbox;
create table if not exists stripe_sandbox.object (
  id text primary key, kind text not null, account text not null, created bigint not null, due_at bigint,
  seq bigint generated always as identity, state jsonb not null);
create index if not exists object_listed on stripe_sandbox.object (kind, account, seq);
create index if not exists object_due on stripe_sandbox.object (due_at, seq) where due_at is not null;
create index if not exists object_state on stripe_sandbox.object using gin (state jsonb_path_ops)
  where kind not in ('event', 'balance');
create table if not exists stripe_sandbox.idempotency (
  account text not null, key text not null, endpoint text not null, params text not null, status int not null,
  body text not null, request text not null, expires_at bigint not null, primary key (account, key));
create table if not exists stripe_sandbox.delivery (
  event text not null, endpoint text not null, status text not null default 'pending', attempts int not null default 0,
  next_at bigint not null, primary key (event, endpoint));
create index if not exists delivery_due on stripe_sandbox.delivery (next_at) where status = 'pending';
create table if not exists stripe_sandbox.setting (single boolean primary key default true check (single), value jsonb);
`;

const DEFAULTS: Settings = {
  clockOffsetSeconds: 0,
  feeBps: 0,
  feeFixedFen: 0n,
  settlementSeconds: 2 * 86_400,
  refundSeconds: 5,
  payoutSeconds: 86_400,
};

/** Any number will do; whoever writes to this database as a sandbox takes the same one. */
const WRITER_LOCK = 7_215_044;
const BEGIN = `begin; select pg_advisory_xact_lock(${WRITER_LOCK})`;
const LOOK = `select (select value from stripe_sandbox.setting) as settings,
  (select min(due_at) from stripe_sandbox.object where due_at is not null) as due`;
const READ = 'select value as settings from stripe_sandbox.setting';

interface SettingsRow {
  settings: (Omit<Settings, 'feeFixedFen'> & { feeFixedFen: string }) | null;
  due?: string | null;
}

function settingsOf(row: SettingsRow | undefined): Settings {
  const stored = row?.settings;
  return stored ? { ...stored, feeFixedFen: BigInt(stored.feeFixedFen) } : DEFAULTS;
}

export interface StoreOptions {
  databaseUrl: string;
  publicUrl: string;
  /** The clock under the offset, in milliseconds. */
  now: () => number;
  /** Applies what is due at this very time; `work.now` is that time. */
  elapse: (work: Work, dueAt: number) => Promise<void>;
}

/** The sandbox's state. One writer at a time, in this process and in any other: correctness before speed. */
export class Store {
  readonly pool: Pool;
  private tail: Promise<unknown> = Promise.resolve();
  /** Called after a commit that left deliveries waiting. */
  onTold: () => void = () => {};

  constructor(private readonly options: StoreOptions) {
    this.pool = new Pool({ connectionString: options.databaseUrl, max: 8 });
    // A connection that the server closes is replaced at the next use; without these it would end the process. The
    // pool listens to its idle ones only.
    this.pool.on('error', () => {});
    this.pool.on('connect', (client) => client.on('error', () => {}));
  }

  async open(): Promise<void> {
    await this.pool.query(`begin; select pg_advisory_xact_lock(${WRITER_LOCK}); ${SCHEMA} commit`);
    const expired = 'delete from stripe_sandbox.idempotency where expires_at <= $1';
    await this.transact(this.scene(), (work) => work.query(expired, [work.now]));
  }

  /** Lets what is queued finish: whoever asked for it may have gone, but it was asked for. */
  async close(): Promise<void> {
    let last: unknown;
    while (last !== this.tail) {
      last = this.tail;
      await last;
    }
    await this.pool.end();
  }

  scene(part: Partial<Scene> = {}): Scene {
    const { publicUrl } = this.options;
    return { account: PLATFORM, apiVersion: API_VERSION, publicUrl, requestId: null, idempotencyKey: null, ...part };
  }

  async now(): Promise<number> {
    return this.read(this.scene(), (work) => Promise.resolve(work.now));
  }

  /** What is committed now. Nothing that the work writes is kept. */
  async read<T>(scene: Scene, body: (work: Work) => Promise<T>): Promise<T> {
    const { rows } = await this.pool.query<SettingsRow>({ name: 'settings', text: READ });
    const settings = settingsOf(rows[0]);
    return body(new Work(this.pool, this.secondsAt(settings), settings, scene));
  }

  /** Runs alone; everything that time has changed by now is applied first. Commits unless the body throws. */
  transact<T>(scene: Scene, body: (work: Work, client: PoolClient) => Promise<T>): Promise<T> {
    const run = this.tail.then(() => this.run(scene, body));
    this.tail = run.catch(() => {});
    return run;
  }

  /** Applies what time has changed, if anything. */
  async sweep(): Promise<void> {
    const { rows } = await this.pool.query<SettingsRow>({ name: 'look', text: LOOK });
    const row = rows[0]!;
    if (row.due == null || Number(row.due) > this.secondsAt(settingsOf(row))) return;
    await this.transact(this.scene(), () => Promise.resolve());
  }

  async changeSettings(change: (settings: Settings) => Partial<Settings>): Promise<Settings> {
    return this.transact(this.scene(), async (work, client) => {
      const settings = { ...work.settings, ...change(work.settings) };
      const value = JSON.stringify({ ...settings, feeFixedFen: String(settings.feeFixedFen) });
      await client.query(
        'insert into stripe_sandbox.setting (value) values ($1) on conflict (single) do update set value = $1',
        [value],
      );
      return settings;
    });
  }

  private secondsAt(settings: Settings): number {
    return Math.floor(this.options.now() / 1000) + settings.clockOffsetSeconds;
  }

  private async begin(client: PoolClient): Promise<{ settings: Settings; due: number }> {
    await client.query(BEGIN);
    // A statement of its own: it has to see what was committed while this waited for the lock.
    const { rows } = await client.query<SettingsRow>({ name: 'look', text: LOOK });
    const row = rows[0]!;
    return { settings: settingsOf(row), due: row.due == null ? Infinity : Number(row.due) };
  }

  private async run<T>(scene: Scene, body: (work: Work, client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      let opened = await this.begin(client);
      while (opened.due <= this.secondsAt(opened.settings)) {
        // Each thing that time does is done at its own time, not at the time somebody looked.
        const past = new Work(client, opened.due, opened.settings, this.scene());
        await this.options.elapse(past, opened.due);
        await this.commit(client, past);
        opened = await this.begin(client);
      }
      const work = new Work(client, this.secondsAt(opened.settings), opened.settings, scene);
      const value = await body(work, client);
      await this.commit(client, work);
      client.release();
      return value;
    } catch (error) {
      await client.query('rollback').then(
        () => client.release(),
        (broken: Error) => client.release(broken),
      );
      throw error;
    }
  }

  private async commit(client: PoolClient, work: Work): Promise<void> {
    await work.write();
    await client.query('commit');
    if (work.told) this.onTold();
  }
}
