import { CONFIG, READER } from '@yuzhi/chassis/service';
import { fromJson } from '@yuzhi/database/json';
import type { Reader } from '@yuzhi/database/store';
import { type Follow, follow } from '@yuzhi/messaging/decision';
import type { Call, Errand, Pending } from '@yuzhi/messaging/errands';
import { noteRail, recordRail } from '@yuzhi/protocol/escrow';
import { Inject, Injectable } from '@nestjs/common';
import { BOOK } from './book.store.ts';
import { keyOf, type Operation } from './domain/documents.ts';
import type { EscrowConfig } from './escrow.config.ts';
import {
  PaymentRail,
  type RailEvent,
  type RailMade,
  RailFaulted,
  type RailObject,
  RailRefused,
} from './payment-rail.ts';
import { READ_EVENTS, RailInbox } from './rail-inbox.ts';

/** From this age on a key is not sent again: the rail forgets its answer after 24 hours, and would do it twice. */
const KEY_LIFE_MS = 23 * 3_600_000;
/** An attempt of this age has been made before, by us or by who ran here before us. */
const FRESH_MS = 30_000;
/**
 * Clocks differ, and lists are late: a search begins so much before the first call that it looks for, and so much
 * before the attempt where nobody remembers that call or the key is at its end.
 */
const NEAR_MS = 120_000;
const FAR_MS = 3_600_000;
const RETRY_MAX_MS = 3_600_000;
/** How long the rail keeps its events. */
const EVENTS_KEPT_MS = 30 * 86_400_000;
/** Events are looked for from so much before the last one that was found: the rail lists some of them late. */
const OVERLAP_MS = 300_000;
/** Operations that one round looks at, and how many of them at the same time. */
const LOOKS_MAX = 200;
const LOOKS_AT_ONCE = 8;

interface Task {
  operation: Operation;
  /** Real time, epoch ms. */
  madeAt: number;
}

interface Unknown {
  /** When the first of them began, of those that no search looked for; epoch ms. */
  since: number;
  /** One of them was answered with an error, which may be all that the key still answers. */
  isFaulted: boolean;
}

const noteOf = ({ amountFen, feeFen, ...object }: RailObject): Follow =>
  follow(noteRail, BOOK, { ...object, amountFen: String(amountFen), feeFen: String(feeFen) });

/** Makes the calls that the book has intended, each under the key that is on record. */
@Injectable()
export class CallRail implements Errand<Task> {
  readonly name = 'call-rail';
  /** The rail takes a hundred calls a second, and one that does not answer holds its place for seconds. */
  readonly abreast = 32;
  /** By key, the calls of which nobody knows what they have made. */
  readonly #unknown = new Map<string, Unknown>();

  constructor(
    @Inject(READER) private readonly reader: Reader,
    private readonly rail: PaymentRail,
    @Inject(CONFIG) private readonly config: Pick<EscrowConfig, 'railBackOffMs'>,
  ) {}

  async pending(limit: number): Promise<Pending<Task>[]> {
    const { rows } = await this.reader.query<{ state: unknown; madeAt: Date }>(
      `select o.state, a.made_at as "madeAt" from rail_operation o
       join rail_attempt a on a.operation_id = o.id and a.attempt = o.attempt
       where o.status = 'intended' and (o.attempt = 1 or
         a.made_at + least($2::float8 * power(2, least(o.attempt, 20) - 2), ${RETRY_MAX_MS}) * interval '1 ms' <= now())
       order by a.made_at limit $1`,
      [limit, this.config.railBackOffMs],
    );
    return rows.map(({ state, madeAt }) => {
      const operation = fromJson<Operation>(state);
      return { id: operation.id, attempt: operation.attempt, task: { operation, madeAt: madeAt.getTime() } };
    });
  }

  /**
   * The same key again is answered with what a lost call has made, and costs less than a search. It is searched for
   * where the key may answer an error for ever, is not sent any more, or nobody remembers what it answered.
   */
  async run({ operation, madeAt }: Task): Promise<Follow[]> {
    const order = { ...operation, key: keyOf(operation) };
    const ageMs = Date.now() - madeAt;
    const unknown = ageMs > KEY_LIFE_MS ? undefined : this.#unknown.get(order.key);
    const isSought = unknown ? unknown.isFaulted : ageMs > FRESH_MS;
    const from = unknown ? unknown.since - NEAR_MS : madeAt - FAR_MS;
    const found = isSought ? await this.rail.find(order, from) : undefined;
    if (found) return this.#told(operation, found);
    if (ageMs > KEY_LIFE_MS) return this.#refused(operation, 'no answer within a day', true);
    const now = Date.now();
    try {
      return this.#told(operation, await this.rail.make(order));
    } catch (error) {
      if (error instanceof RailRefused) return this.#refused(operation, error.reason, error.isTransient);
      const since = isSought ? now : (unknown?.since ?? now);
      this.#unknown.set(order.key, { since, isFaulted: error instanceof RailFaulted });
      throw error;
    }
  }

  #told(operation: Operation, { railId, url, object }: RailMade): Follow[] {
    this.#unknown.delete(keyOf(operation));
    const { id: operationId, attempt } = operation;
    const said = { outcome: 'done' as const, reason: null, isTransient: false };
    const record = follow(recordRail, BOOK, { operationId, attempt, railId, url, ...said });
    return object ? [record, noteOf(object)] : [record];
  }
  #refused({ id: operationId, attempt }: Operation, reason: string, isTransient: boolean): Follow[] {
    this.#unknown.delete(keyOf({ id: operationId, attempt }));
    const said = { outcome: 'refused' as const, railId: null, url: null };
    return [follow(recordRail, BOOK, { operationId, attempt, ...said, reason: reason.slice(0, 300), isTransient })];
  }
}

/** Looks up what each event is about: its own words are never believed. */
@Injectable()
export class ReadRailEvents implements Errand<Pick<RailEvent, 'id' | 'type' | 'account' | 'payload'>> {
  readonly name = READ_EVENTS;
  readonly everyMs = 100;
  constructor(
    private readonly inbox: RailInbox,
    private readonly rail: PaymentRail,
  ) {}

  async pending(limit: number) {
    const waiting = await this.inbox.waiting(limit);
    return waiting.map((event) => ({ id: event.id, attempt: 0, task: event }));
  }
  async run(event: Pick<RailEvent, 'id' | 'type' | 'account' | 'payload'>): Promise<Follow[]> {
    const object = await this.rail.fetch(event);
    if (object) return [noteOf(object)];
    await this.inbox.done([event.id]);
    return [];
  }
}

/** Finds what no webhook told us. */
@Injectable()
export class ReconcileRail implements Errand<number> {
  readonly name = 'reconcile-rail';
  readonly everyMs = 200;
  /** All that happened before this is on record. */
  #since = Date.now() - EVENTS_KEPT_MS;
  /** Where in the list, whose newest come first, this round is; and the instant of the newest that was met. */
  #after: string | null = null;
  #newest = 0;
  #round = Date.now();
  #notBefore = 0;
  /** The last operation that was looked at: the next round goes on behind it, so that none waits for ever. */
  #lookedAt = '';

  constructor(
    @Inject(READER) private readonly reader: Reader,
    private readonly inbox: RailInbox,
    private readonly rail: PaymentRail,
    @Inject(CONFIG) private readonly config: Pick<EscrowConfig, 'reconcileMs'>,
  ) {}

  async pending(): Promise<Pending<number>[]> {
    return Date.now() < this.#notBefore ? [] : [{ id: 'rail', attempt: this.#round, task: this.#since }];
  }
  /** One page at a time, so that neither memory nor the time of a call bounds how much may have been missed. */
  async run(since: number, { signal }: Call): Promise<Follow[]> {
    const { events, next } = await this.rail.events(since, this.#after);
    await this.inbox.keep(events);
    // Given up, it leaves the place to the call that is made instead.
    signal.throwIfAborted();
    this.#newest = Math.max(this.#newest, events[0]?.at ?? 0);
    this.#after = next;
    this.#round = Date.now();
    if (next !== null) return [];
    this.#since = Math.max(since, this.#newest - OVERLAP_MS);
    this.#notBefore = this.#round + this.config.reconcileMs;
    return this.#looks();
  }

  /**
   * Payees' accounts have lists of their own, and no list has what is older than it is kept: what the rail is known to
   * have is looked at itself. A look that fails is made again in a later round: it must not keep the others from being
   * told.
   */
  async #looks(): Promise<Follow[]> {
    const { rows } = await this.reader.query<{ id: string; state: unknown }>(
      `select id, state from rail_operation where status = 'sent' and id > $1 order by id limit ${LOOKS_MAX}`,
      [this.#lookedAt],
    );
    const looked: PromiseSettledResult<RailObject | undefined>[] = [];
    for (let from = 0; from < rows.length; from += LOOKS_AT_ONCE) {
      const some = rows.slice(from, from + LOOKS_AT_ONCE);
      looked.push(...(await Promise.allSettled(some.map(({ state }) => this.#look(fromJson<Operation>(state))))));
    }
    const failed = looked.find((one) => one.status === 'rejected');
    if (failed && looked.every((one) => one.status === 'rejected')) throw failed.reason;
    this.#lookedAt = rows.length < LOOKS_MAX ? '' : rows.at(-1)!.id;
    return looked.flatMap((one) => (one.status === 'fulfilled' && one.value ? [noteOf(one.value)] : []));
  }
  async #look({ kind, railId, payeeAccount, rank }: Operation): Promise<RailObject | undefined> {
    const found = await this.rail.look(kind, railId!, payeeAccount);
    return found && found.rank > rank ? found : undefined;
  }
}

/** What is under way with the rail by itself: not what waits for a person to pay or to open an account. */
@Injectable()
export class RailWork {
  constructor(@Inject(READER) private readonly reader: Reader) {}

  async busy(): Promise<number> {
    const { rows } = await this.reader.query<{ count: number }>(
      `select ((select count(*) from rail_operation
           where status = 'intended' or (status = 'sent' and kind in ('refund', 'transfer', 'payout')))
         + (select count(*) from psp_event where processed_at is null))::int as count`,
    );
    return rows[0]!.count;
  }
}
