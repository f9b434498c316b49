import { z } from 'zod';
import { randomOf } from './faults.ts';
import { showEvent } from './resources/events.ts';
import { signatureOf } from './signature.ts';
import type { SandboxEvent, WebhookEndpoint } from './states.ts';
import type { Store } from './store.ts';

/** Stripe goes on for three days. */
const GIVE_UP_S = 3 * 86_400;
const LONGEST_WAIT_S = 3600;
const TIMEOUT_MS = 10_000;
const AT_ONCE = 16;
/** Twice what the stripe package tolerates. */
const STALE_S = 600;
/** A reordering waits so long for as many deliveries as it wants to reorder. */
const GATHER_MS = 1_000;

export const webhookMode = z.strictObject({
  mode: z.enum(['normal', 'duplicate', 'reorder', 'drop', 'delay', 'storm']),
  /** For the next so many deliveries; without it, until the mode is changed. Of a reordering, the batch: at most 16. */
  count: z.int().positive().optional(),
  /** Of a delay, on the sandbox's clock. */
  seconds: z.int().positive().default(5),
  /** Of a storm: how often each comes, how many never come, and what draws their order and who they are. */
  copies: z.int().min(1).max(20).default(5),
  drop_share: z.number().min(0).max(1).default(0.3),
  seed: z.int().default(1),
});
type Mode = z.output<typeof webhookMode>;

export const forgery = z.strictObject({
  event: z.string().optional(),
  kind: z.enum(['wrong-secret', 'stale', 'edited-body', 'unsigned']).default('wrong-secret'),
});

interface Delivery {
  event: SandboxEvent;
  endpoint: WebhookEndpoint;
  attempts: number;
  pending: number;
}

const DUE = `
select d.attempts, e.state as event, w.state as endpoint, (select count(*)::int from stripe_sandbox.delivery p
  where p.event = d.event and p.status = 'pending') as pending
from stripe_sandbox.delivery d join stripe_sandbox.object e on e.id = d.event
join stripe_sandbox.object w on w.id = d.endpoint
where d.status = 'pending' and d.next_at <= $1 and not (d.event || ' ' || d.endpoint) = any($2)
order by d.next_at, e.seq limit $3`;

/** The event of that id, or the latest, with each endpoint that it was for. */
const ADDRESSED = `
select e.state as event, w.state as endpoint from stripe_sandbox.delivery d
join stripe_sandbox.object e on e.id = d.event join stripe_sandbox.object w on w.id = d.endpoint
where d.event = coalesce($1, (select l.event from stripe_sandbox.delivery l
  join stripe_sandbox.object o on o.id = l.event order by o.seq desc limit 1))`;

const NORMAL: Mode = webhookMode.parse({ mode: 'normal' });

const keyOf = ({ event, endpoint }: Delivery): string => `${event.id} ${endpoint.id}`;
const payloadOf = ({ event, endpoint, pending }: Delivery): string =>
  JSON.stringify(showEvent(event, pending, endpoint.apiVersion ?? undefined), null, 2);

/** Sends events to webhook endpoints, again and again until each has acknowledged it. */
export class Deliveries {
  private mode: Mode = NORMAL;
  private draw = randomOf(1);
  private posts = 0;
  private drops = 0;
  private readonly inFlight = new Map<string, Promise<void>>();
  private held: { delivery: Delivery; done: () => void }[] = [];
  private pumping = false;
  private again = false;
  private paused = false;
  private readonly closing = new AbortController();

  constructor(private readonly store: Store) {}

  setMode(mode: Mode): void {
    this.mode = mode.mode === 'reorder' ? { count: 2, ...mode } : mode;
    this.draw = randomOf(mode.seed);
  }

  /** What was sent since the start, each copy counted, and how many were dropped. */
  sums(): { mode: Mode['mode']; posts: number; drops: number } {
    return { mode: this.mode.mode, posts: this.posts, drops: this.drops };
  }

  /** Something may be due. */
  kick(): void {
    this.again = true;
    if (!this.pumping) void this.pump();
  }

  pause(paused: boolean): void {
    this.paused = paused;
    this.kick();
  }

  async close(): Promise<void> {
    this.closing.abort();
    for (const { done } of this.held.splice(0)) done();
    await Promise.allSettled(this.inFlight.values());
  }

  /** Sends an event again, or all that nobody has acknowledged. Answers how many deliveries that makes. */
  async redeliver(event?: string): Promise<number> {
    const which = event === undefined ? "status <> 'delivered'" : 'event = $2';
    const values = [await this.store.now(), ...(event === undefined ? [] : [event])];
    const sql = `update stripe_sandbox.delivery set status = 'pending', attempts = 0, next_at = $1 where ${which}`;
    const { rowCount } = await this.store.pool.query(sql, values);
    this.kick();
    return rowCount ?? 0;
  }

  /** Sends what a liar would send, and answers what each endpoint made of it. */
  async forge({ event, kind }: z.output<typeof forgery>): Promise<{ endpoint: string; status: number }[]> {
    const { rows } = await this.store.pool.query<Omit<Delivery, 'attempts' | 'pending'>>(ADDRESSED, [event ?? null]);
    const sent: { endpoint: string; status: number }[] = [];
    for (const row of rows) {
      const payload = payloadOf({ ...row, pending: 1, attempts: 0 });
      const { secret } = row.endpoint;
      const stale = Math.floor(Date.now() / 1000) - STALE_S;
      const [body, signature] = {
        'wrong-secret': [payload, signatureOf(`${secret}x`, payload)],
        stale: [payload, signatureOf(secret, payload, stale)],
        'edited-body': [payload.replace('"livemode": false', '"livemode": true'), signatureOf(secret, payload)],
        unsigned: [payload, null],
      }[kind] as [string, string | null];
      sent.push({ endpoint: row.endpoint.id, status: await this.post(row.endpoint, body, signature) });
    }
    return sent;
  }

  private async pump(): Promise<void> {
    this.pumping = true;
    while (this.again && !this.paused && !this.closing.signal.aborted) {
      this.again = false;
      // A database that is away for a moment is asked again at the next tick.
      await this.sendDue().catch(() => {});
    }
    this.pumping = false;
  }

  private async sendDue(): Promise<void> {
    const free = AT_ONCE - this.inFlight.size;
    if (free <= 0) return;
    const values = [await this.store.now(), [...this.inFlight.keys()], free];
    const { rows } = await this.store.pool.query<Delivery>(DUE, values);
    for (const delivery of rows) {
      const key = keyOf(delivery);
      const sent = this.send(delivery)
        .catch(() => {})
        .finally(() => {
          this.inFlight.delete(key);
          this.kick();
        });
      this.inFlight.set(key, sent);
    }
  }

  private takeMode(): Mode {
    const mode = this.mode;
    if (mode.count === undefined) return mode;
    this.mode = mode.count > 1 ? { ...mode, count: mode.count - 1 } : NORMAL;
    return mode;
  }

  private async send(delivery: Delivery): Promise<void> {
    const mode = this.takeMode();
    if (mode.mode === 'drop' || (mode.mode === 'storm' && this.draw() < mode.drop_share)) {
      this.drops += 1;
      return this.record(delivery, "status = 'dropped'");
    }
    if (mode.mode === 'storm') return this.hold(delivery, this.held.length + 1 >= AT_ONCE);
    if (mode.mode === 'delay') return this.record(delivery, 'next_at = $3', (await this.store.now()) + mode.seconds);
    if (mode.mode === 'reorder') return this.hold(delivery, mode.count === 1);
    if (mode.mode === 'duplicate') await this.copy(delivery).catch(() => {});
    return this.attempt(delivery);
  }

  private hold(delivery: Delivery, isLast: boolean): Promise<void> {
    const { promise, resolve: done } = Promise.withResolvers<void>();
    this.held.push({ delivery, done });
    if (isLast) void this.release();
    else if (this.held.length === 1) setTimeout(() => void this.release(), GATHER_MS).unref();
    return promise;
  }

  /** One after the other: the newest first, and in a storm each so often, in an order that is drawn. */
  private async release(): Promise<void> {
    const held = this.held.splice(0).toReversed();
    const { mode, copies } = this.mode;
    const all =
      mode === 'storm' ? this.shuffled(held.flatMap((one) => Array.from({ length: copies }, () => one))) : held;
    for (const [i, one] of all.entries()) {
      const isLast = !all.includes(one, i + 1);
      await (isLast ? this.attempt(one.delivery) : this.copy(one.delivery)).catch(() => {});
      if (isLast) one.done();
    }
  }
  private copy(delivery: Delivery): Promise<number> {
    return this.post(delivery.endpoint, payloadOf(delivery));
  }
  private shuffled<T>(all: readonly T[]): T[] {
    const drawn = all.map((one) => [this.draw(), one] as const);
    return drawn.toSorted(([a], [b]) => a - b).map(([, one]) => one);
  }

  private async attempt(delivery: Delivery): Promise<void> {
    const status = await this.post(delivery.endpoint, payloadOf(delivery)).catch(() => 0);
    if (this.closing.signal.aborted) return;
    if (status >= 200 && status < 300) return this.record(delivery, "status = 'delivered', attempts = attempts + 1");
    const next = (await this.store.now()) + Math.min(2 ** delivery.attempts, LONGEST_WAIT_S);
    const outcome = next > delivery.event.created + GIVE_UP_S ? 'failed' : 'pending';
    return this.record(delivery, `status = '${outcome}', attempts = attempts + 1, next_at = $3`, next);
  }

  private async post(endpoint: WebhookEndpoint, payload: string, signature?: string | null): Promise<number> {
    this.posts += 1;
    const signed = signature === undefined ? signatureOf(endpoint.secret, payload) : signature;
    const headers = { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'Stripe/1.0 (sandbox)' };
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { ...headers, ...(signed && { 'stripe-signature': signed }) },
      body: payload,
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.closing.signal]),
    });
    await response.arrayBuffer();
    return response.status;
  }

  private async record({ event, endpoint }: Delivery, change: string, next?: number): Promise<void> {
    const sql = `update stripe_sandbox.delivery set ${change} where event = $1 and endpoint = $2`;
    await this.store.pool.query(sql, [event.id, endpoint.id, ...(next === undefined ? [] : [next])]);
  }
}
