import type { ClientBase, Pool } from 'pg';
import { missingObject } from './failure.ts';
import type { Range } from './params.ts';
import type { Kind, States } from './states.ts';
import { newId } from './wire.ts';

/** The account that owns the secret key. */
export const PLATFORM = 'acct_1YuzhiPlatform00';

/** What the control API can change; persisted. */
export interface Settings {
  clockOffsetSeconds: number;
  feeBps: number;
  feeFixedFen: bigint;
  /** From the payment to the day its funds may be spent. */
  settlementSeconds: number;
  /** Alipay and WeChat Pay confirm a refund after this time. */
  refundSeconds: number;
  payoutSeconds: number;
}

/** On whose behalf, and for which request, something is done. */
export interface Scene {
  account: string;
  /** The Stripe-Version that the client asked for. */
  apiVersion: string;
  publicUrl: string;
  requestId: string | null;
  idempotencyKey: string | null;
}

export type Queryable = Pick<Pool, 'query'> | ClientBase;

export interface Filter {
  account?: string;
  /** Fields that the state must have. */
  match?: Record<string, unknown>;
  created?: Range | undefined;
  after?: string | undefined;
  before?: string | undefined;
  limit: number;
  /** A further condition on the row `o`; its placeholders start at $1 and are renumbered. */
  also?: { sql: string; values: unknown[] } | undefined;
}

type Found<K extends Kind> = States[K];
interface Entry {
  kind: Kind;
  state: States[Kind];
  dirty: boolean;
}

/** JSON has no bigint: amounts are stored as digits, and a row's own `…Fen` fields come back as bigint. */
const freeze = (state: unknown): string =>
  JSON.stringify(state, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
function thaw(state: Record<string, unknown>): Record<string, unknown> {
  for (const [name, value] of Object.entries(state)) {
    if (name.endsWith('Fen')) state[name] = BigInt(value as string);
  }
  return state;
}

/** Writes the rows, and addresses each new event to every endpoint that wants its kind, all in one journey. */
const WRITE = `
with row as (select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::jsonb[])
  with ordinality as t (id, kind, account, created, due_at, state, n)),
addressed as (insert into stripe_sandbox.delivery (event, endpoint, next_at)
  select row.id, w.id, row.created from row join stripe_sandbox.object w on w.kind = 'webhook_endpoint'
    and w.state->>'status' = 'enabled' and w.state->'enabledEvents' ?| array['*', row.state->>'type']
    and (w.state->>'connect')::boolean = (row.account <> w.account)
  where row.kind = 'event')
insert into stripe_sandbox.object (id, kind, account, created, due_at, state)
select id, kind, account, created, due_at, state from row order by n
on conflict (id) do update set due_at = excluded.due_at, state = excluded.state`;

/** One unit of work: reads through, keeps what it changes in memory, writes all of it at once or none of it. */
export class Work {
  private readonly entries = new Map<string, Entry>();
  /** Whether it has written an event: deliveries are waiting. */
  told = false;

  constructor(
    private readonly database: Queryable,
    /** The sandbox's clock, in seconds since 1970. */
    readonly now: number,
    readonly settings: Settings,
    readonly scene: Scene,
  ) {}

  get account(): string {
    return this.scene.account;
  }

  /** The object, whoever owns it. */
  async find<K extends Kind>(kind: K, id: string): Promise<Found<K> | undefined> {
    const known = this.entries.get(id);
    if (known) return known.kind === kind ? (known.state as Found<K>) : undefined;
    const { rows } = await this.database.query<{ state: Record<string, unknown> }>({
      name: 'find',
      text: 'select state from stripe_sandbox.object where id = $1 and kind = $2',
      values: [id, kind],
    });
    return rows[0] && this.remember(kind, rows[0].state);
  }

  /** The object of the account acted for. Throws resource_missing. */
  async need<K extends Kind>(kind: K, id: string, param?: string): Promise<Found<K>> {
    const state = await this.find(kind, id);
    if (!state || state.account !== this.account) throw missingObject(kind, id, param);
    return state;
  }

  /** An object that a row of ours names: its absence would be a mistake of the sandbox. */
  async trace<K extends Kind>(kind: K, id: string): Promise<Found<K>> {
    const state = await this.find(kind, id);
    if (!state) throw new Error(`${kind} ${id} is gone`);
    return state;
  }

  put<K extends Kind>(kind: K, state: Found<K>): Found<K> {
    this.entries.set(state.id, { kind, state, dirty: true });
    return state;
  }

  /** Newest first. One more than the limit tells the caller that there are more. */
  async where<K extends Kind>(kind: K, filter: Filter): Promise<Found<K>[]> {
    const values: unknown[] = [kind];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const conditions = ['o.kind = $1'];
    if (filter.account) conditions.push(`o.account = ${bind(filter.account)}`);
    if (filter.match) conditions.push(`o.state @> ${bind(JSON.stringify(filter.match))}::jsonb`);
    for (const [name, sign] of [
      ['gt', '>'],
      ['gte', '>='],
      ['lt', '<'],
      ['lte', '<='],
    ] as const) {
      const bound = filter.created?.[name];
      if (bound !== undefined) conditions.push(`o.created ${sign} ${bind(bound)}`);
    }
    const seq = (id: string) => `(select seq from stripe_sandbox.object where id = ${bind(id)})`;
    if (filter.after) conditions.push(`o.seq < ${seq(filter.after)}`);
    if (filter.before) conditions.push(`o.seq > ${seq(filter.before)}`);
    if (filter.also) {
      const shift = values.length;
      values.push(...filter.also.values);
      conditions.push(filter.also.sql.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + shift}`));
    }
    const direction = filter.before ? 'asc' : 'desc';
    const rows = await this.query<{ state: Record<string, unknown> }>(
      `select o.state from stripe_sandbox.object o where ${conditions.join(' and ')}
       order by o.seq ${direction} limit ${filter.limit}`,
      values,
    );
    return rows.map((row) => this.remember(kind, row.state));
  }

  /** Asks the database itself, which then knows what this work has changed. */
  async query<R extends object>(sql: string, values: unknown[]): Promise<R[]> {
    await this.write();
    return (await this.database.query<R>(sql, values)).rows;
  }

  /** Writes down that something happened; the object is shown as the API shows it now. */
  tell(type: string, object: object, account = this.account): void {
    const { requestId, idempotencyKey } = this.scene;
    this.put('event', { id: newId('evt'), account, created: this.now, type, object, requestId, idempotencyKey });
    this.told = true;
  }

  /** Forgets everything that has not been written. */
  discard(): void {
    this.entries.clear();
    this.told = false;
  }

  async write(): Promise<void> {
    const dirty = [...this.entries.values()].filter((entry) => entry.dirty);
    if (dirty.length === 0) return;
    const values = [
      dirty.map(({ state }) => state.id),
      dirty.map(({ kind }) => kind),
      dirty.map(({ state }) => state.account),
      dirty.map(({ state }) => state.created),
      dirty.map(({ state }) => state.dueAt ?? null),
      dirty.map(({ state }) => freeze(state)),
    ];
    await this.database.query({ name: 'write', text: WRITE, values });
    for (const entry of dirty) entry.dirty = false;
  }

  private remember<K extends Kind>(kind: K, state: Record<string, unknown>): Found<K> {
    const known = this.entries.get(state['id'] as string);
    if (known) return known.state as Found<K>;
    const thawed = thaw(state) as unknown as Found<K>;
    this.entries.set(thawed.id, { kind, state: thawed, dirty: false });
    return thawed;
  }
}
