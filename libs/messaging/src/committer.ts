import type { Asked, Entry, Filed, Journal, Lease, Step } from '@yuzhi/database/journal';
import { toJson } from '@yuzhi/database/json';
import type { Reader, Store } from '@yuzhi/database/store';
import { mints, type Outcome } from '@yuzhi/protocol/declare';
import { platformRefusals } from '@yuzhi/protocol/platform';
import { span, type Traced } from '@yuzhi/telemetry/tracing';
import { Accepted, type Decision, Effects, type Shown } from './decision.ts';
import { answerRecord, askRecord, eventRecord } from './effects.ts';
import type { Handlers } from './handlers.ts';
import { isControl, type Judged, judge, read } from './judge.ts';
import type { LogRecord, Taken } from './log.ts';
import type { Reply } from './replies.ts';

/** A record of one of our partitions, under the lease it was taken with. `error` condemns it: Postgres refused it. */
export interface Leased extends Taken {
  lease: Lease;
  error?: string;
}
export interface Committed {
  steps: Step[];
  replies: Map<string, Reply[]>;
  outgoing: (LogRecord & { seq: bigint })[];
  shows: Shown[];
  decided: { type: string; code: string }[];
}

type AnyStore = Store<unknown, unknown>;
interface Memory {
  states: Map<AnyStore, Map<string, unknown>>;
  touched: Map<AnyStore, Map<string, unknown>>;
  rows: Map<AnyStore, unknown[]>;
}
interface Batch {
  service: string;
  handlers: Handlers;
  entry: Entry;
  memory: Memory;
  inbox: Map<string, Filed>;
  committed: Committed;
}
const keyOf = ({ party, aggregate, idempotencyKey }: Asked) => `${party}\0${aggregate}\0${idempotencyKey}`;

export interface CommitterParts {
  service: string;
  journal: Journal;
  /** The batch committer's role: no other may write the domain's tables. */
  writer: Reader;
  handlers: Handlers;
  /** The platform clock may be moved by control records: demonstration and test. */
  steppable: boolean;
}

/** Outcomes of one generation that memory keeps; two generations are kept. */
const REMEMBERED = 20_000;

/** One batch: answer what is known, load, decide in memory, and one statement that commits all of it or nothing. */
export class Committer {
  #recent = new Map<string, Filed>();
  #older = new Map<string, Filed>();

  constructor(private readonly parts: CommitterParts) {}

  /**
   * What memory does not remember is taken for new, and the commit fails with `Known` if the inbox says otherwise:
   * then `lookUp` asks it first. So a command that is new, as nearly all are, costs no read of the inbox.
   */
  async commit(taken: Leased[], published: bigint[], lookUp = false): Promise<Committed> {
    const { service, journal, writer, handlers } = this.parts;
    const steps = stepsOf(taken, this.parts.steppable);
    const entry: Entry = {
      steps,
      filed: [],
      outgoing: [],
      quarantined: [],
      published,
      doubtful: [],
      filedOn: new Date(Math.max(...taken.map((t) => t.appended))).toISOString().slice(0, 10),
    };
    const asked = taken.filter((t) => !isControl(t)).map((t) => read(t, entry, handlers, service));
    const judged = asked.filter((j) => j !== undefined);
    const inbox = await this.#known(judged, entry, lookUp);
    const memory = await this.#load(judged.filter((j) => !inbox.has(keyOf(j.asked))));
    const committed: Committed = { steps, replies: new Map(), outgoing: [], shows: [], decided: [] };
    const batch: Batch = { service, handlers, entry, memory, inbox, committed };
    const clocks = clocksOf(steps, taken, this.parts.steppable);
    for (const j of judged) decideOne(batch, j, clocks.get(j.taken)!);
    const saves = [...memory.touched].map(([store, states]) => ({
      store: store.name,
      statements: store.save([...states.values()], memory.rows.get(store) ?? []),
    }));
    const seqs = await journal.commit(writer, entry, saves);
    for (const [store, states] of memory.touched) store.committed?.(states);
    this.#remember(entry.filed);
    committed.outgoing = entry.outgoing.map((o, i) => ({ topic: o.topic, key: o.key, value: o.value, seq: seqs[i]! }));
    return committed;
  }

  async #known(judged: Judged[], entry: Entry, lookUp: boolean): Promise<Map<string, Filed>> {
    const inbox = new Map<string, Filed>();
    const asked = judged.map((j) => j.asked);
    for (const one of asked) {
      const filed = this.#recent.get(keyOf(one)) ?? this.#older.get(keyOf(one));
      if (filed) inbox.set(keyOf(one), filed);
      else if (!lookUp) entry.doubtful.push(one);
    }
    if (lookUp) for (const f of await this.parts.journal.known(this.parts.writer, asked)) inbox.set(keyOf(f), f);
    return inbox;
  }
  #remember(filed: Filed[]): void {
    for (const f of filed) this.#recent.set(keyOf(f), f);
    if (this.#recent.size < REMEMBERED) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  async #load(wanted: Judged[]): Promise<Memory> {
    const states = new Map<AnyStore, Map<string, unknown>>();
    const byStore = Map.groupBy(
      wanted.filter((j) => j.store),
      (j) => j.store!,
    );
    await Promise.all(
      [...byStore].map(async ([store, group]) => {
        states.set(store, await store.load([...new Set(group.map((g) => g.envelope.key))]));
      }),
    );
    return { states, touched: new Map(), rows: new Map() };
  }
}

function decideOne(batch: Batch, judged: Judged, now: number): void {
  const { entry, inbox, committed } = batch;
  const { envelope, asked, taken, hash } = judged;
  const before = inbox.get(keyOf(asked));
  let outcome: Outcome;
  if (before) outcome = before.inputHash === hash ? before.outcome : refusal('idempotency-key-reused');
  else {
    const traced = span(`decide ${envelope.type}`, 'consumer', envelope.traceparent, {
      'yuzhi.service': batch.service,
    });
    outcome = decideNew(batch, judged, now, traced);
    traced.end({ 'yuzhi.outcome': outcome.code });
    const filed: Filed = { ...asked, commandId: envelope.id, type: envelope.type, inputHash: hash, outcome };
    inbox.set(keyOf(asked), filed);
    entry.filed.push(filed);
    committed.decided.push({ type: envelope.type, code: outcome.code });
    if (envelope.answerTo) {
      const partition = taken.lease.partition;
      entry.outgoing.push({ partition, ...answerRecord(batch.service, envelope, outcome, traced.traceparent) });
    }
  }
  if (envelope.replyTo) {
    const replies = committed.replies.get(envelope.replyTo) ?? [];
    replies.push({ id: envelope.id, outcome });
    committed.replies.set(envelope.replyTo, replies);
  }
}

/** A throw here names its command: nothing was changed, so it is quarantined in the same commit and the batch goes on. */
function decideNew(batch: Batch, judged: Judged, now: number, traced: Traced): Outcome {
  const { envelope, taken, store } = judged;
  try {
    if (taken.error) throw new Error(taken.error);
    const judgement = judge(judged, batch.handlers, batch.service);
    if ('outcome' in judgement) return judgement.outcome;
    const states = batch.memory.states.get(store!)!;
    let state = states.get(envelope.key);
    const passed = state === undefined ? undefined : store!.advance?.(state, now);
    const effects = new Effects();
    if (passed) {
      state = passed.state;
      if (passed.effects instanceof Effects) effects.also(passed.effects);
    }
    const decision = judgement.decide(state, now);
    effects.also(decision);
    const outcome = outcomeOf(decision, judged);
    const next = decision.state ?? passed?.state;
    publish(batch, judged, effects, { version: versionOf(next ?? state), now, traced });
    if (effects.rows.length) {
      if (!batch.memory.rows.has(store!)) batch.memory.rows.set(store!, []);
      batch.memory.rows.get(store!)!.push(...effects.rows);
    }
    if (next !== undefined && next !== states.get(envelope.key)) {
      states.set(envelope.key, next);
      if (!batch.memory.touched.has(store!)) batch.memory.touched.set(store!, new Map());
      batch.memory.touched.get(store!)!.set(envelope.key, next);
    }
    return outcome;
  } catch (e) {
    const { partition, offset, key, value, lease } = taken;
    const error = String((e as Error)?.stack ?? e);
    batch.entry.quarantined.push({ topic: lease.topic, partition, offset, key, value, error });
    return refusal('internal-fault');
  }
}

const versionOf = (state: unknown) => (state as { version?: number } | undefined)?.version ?? 0;

function publish(
  batch: Batch,
  { envelope, taken }: Judged,
  effects: Effects,
  at: { version: number; now: number; traced: Traced },
): void {
  const { partition } = taken.lease;
  const cause = { ...envelope, traceparent: at.traced.traceparent };
  const records = [
    ...effects.events.map((told, n) => eventRecord(told, cause, n, at)),
    ...effects.asks.map((asking, n) => askRecord(asking, cause, n, batch.service)),
    ...effects.kept.map(({ table, key, data }) => ({
      topic: table.topic,
      key,
      value: data === null ? null : toJson(data),
    })),
  ];
  batch.entry.outgoing.push(...records.map((record) => ({ partition, ...record })));
  batch.committed.shows.push(...effects.shows);
}

function outcomeOf(decision: Decision<unknown>, { command }: Judged): Outcome {
  if (decision instanceof Accepted) {
    return { status: command && mints(command) ? 201 : 200, code: 'done', body: plain(decision.body) };
  }
  const { code, body } = decision;
  const refused = command?.rejections[code];
  if (!refused) throw new TypeError(`${code} is not in the catalogue of ${command?.type}`);
  return { status: refused.status, code, body: plain(body) };
}
const plain = (body: unknown): unknown => JSON.parse(toJson(body ?? null));
export const refusal = (code: keyof typeof platformRefusals): Outcome => ({
  status: platformRefusals[code].status,
  code,
  body: {},
});

/** Each partition's clock is the log's own time plus the platform clock's offset, and never goes back. */
function stepsOf(taken: Leased[], steppable: boolean): Step[] {
  return [...Map.groupBy(taken, (t) => t.lease)].map(([lease, of]) => {
    let { lastNow, clockOffsetMs } = lease;
    for (const t of of) {
      const control = isControl(t);
      if (control && steppable) clockOffsetMs = Math.max(clockOffsetMs, control.offsetMs);
      lastNow = Math.max(lastNow, t.appended + clockOffsetMs);
    }
    return { lease, next: of.at(-1)!.offset + 1n, lastNow, clockOffsetMs };
  });
}
function clocksOf(steps: Step[], taken: Leased[], steppable: boolean): Map<Leased, number> {
  const clocks = new Map<Leased, number>();
  const at = new Map(steps.map(({ lease }) => [lease, { now: lease.lastNow, offset: lease.clockOffsetMs }]));
  for (const t of taken) {
    const clock = at.get(t.lease)!;
    const control = isControl(t);
    if (control && steppable) clock.offset = Math.max(clock.offset, control.offsetMs);
    clock.now = Math.max(clock.now, t.appended + clock.offset);
    clocks.set(t, clock.now);
  }
  return clocks;
}
