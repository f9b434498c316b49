import type { Entry, Filed } from '@yuzhi/database/journal';
import { wire } from '@yuzhi/database/json';
import type { Store } from '@yuzhi/database/store';
import { mints, type Outcome } from '@yuzhi/protocol/declare';
import { platformRefusals } from '@yuzhi/protocol/platform';
import { type Move, noticingMoves } from '@yuzhi/telemetry/moves';
import { span } from '@yuzhi/telemetry/tracing';
import { Accepted, type Decision, Effects, type Shown } from './decision.ts';
import { answerRecord, askRecord, eventRecord, keptRecord, servicePrincipal } from './effects.ts';
import type { Handlers } from './handlers.ts';
import { answerType, type Judged, judge } from './judge.ts';

type AnyStore = Store<unknown, unknown>;

/** One commit in the making: what was loaded, what was decided on it in memory, and what all of it leads to. */
export interface Batch {
  service: string;
  handlers: Handlers;
  entry: Entry;
  states: Map<AnyStore, Map<string, unknown>>;
  touched: Map<AnyStore, Map<string, unknown>>;
  rows: Map<AnyStore, unknown[]>;
  /** What was decided before, by the id of what was asked. */
  inbox: Map<string, Pick<Filed, 'inputHash' | 'outcome'>>;
  replies: Map<string, string[]>;
  shows: Shown[];
  decided: { type: string; code: string }[];
  moves: Move[];
}

export const refusal = (code: keyof typeof platformRefusals): Outcome => ({
  status: platformRefusals[code].status,
  code,
  body: {},
});

/** Answers a command from the inbox, or decides it. */
export function decideOne(batch: Batch, judged: Judged, now: number): void {
  const { entry, inbox, replies } = batch;
  const { envelope, asked, hash } = judged;
  const before = inbox.get(asked.id);
  let said: string;
  if (before) said = JSON.stringify(before.inputHash === hash ? before.outcome : refusal('idempotency-key-reused'));
  else {
    const outcome = decideNew(batch, judged, now);
    said = JSON.stringify(outcome);
    inbox.set(asked.id, { inputHash: hash, outcome });
    entry.filed.push({ ...asked, commandId: envelope.id, type: envelope.type, inputHash: hash, said, now });
    batch.decided.push({ type: envelope.type, code: outcome.code });
  }
  if (!envelope.replyTo) return;
  const waiting = replies.get(envelope.replyTo) ?? [];
  replies.set(envelope.replyTo, waiting);
  waiting.push(`{"id":"${envelope.id}","outcome":${said}}`);
}

/** A throw here names its command: nothing was changed, so it is set aside in the same commit and the batch goes on. */
function decideNew(batch: Batch, judged: Judged, now: number): Outcome {
  const { envelope, taken } = judged;
  const { service } = batch;
  const traced = span(`decide ${envelope.type}`, 'consumer', envelope.traceparent, { 'yuzhi.service': service });
  const { traceparent } = traced;
  const { partition } = taken.lease;
  const send = (records: Work['records']) => {
    for (const record of records) batch.entry.outgoing.push({ partition, ...record });
  };
  try {
    const { outcome, records, apply } = work(batch, judged, now, traceparent);
    const last = envelope.answerTo ? answerRecord(service, envelope, outcome, traceparent) : undefined;
    apply();
    send(records);
    if (last) send([last]);
    traced.end({ 'yuzhi.outcome': outcome.code });
    return outcome;
  } catch (e) {
    const { offset, key, value, lease } = taken;
    const error = e instanceof Error ? (e.stack ?? e.message) : String(e);
    batch.entry.quarantined.push({ topic: lease.topic, partition, offset, key, value, error });
    if (envelope.answerTo) send([answerRecord(service, envelope, refusal('internal-fault'), traceparent)]);
    traced.end({ 'yuzhi.outcome': 'internal-fault' }, e);
    return refusal('internal-fault');
  }
}

interface Work {
  outcome: Outcome;
  records: ReturnType<typeof eventRecord>[];
  /** Makes it part of the batch; nothing of it is before. */
  apply(): void;
}

function work(batch: Batch, judged: Judged, now: number, traceparent: string | undefined): Work {
  const { envelope, taken, store } = judged;
  if (taken.error) throw new Error(taken.error);
  const judgement = judge(judged, batch.handlers, batch.service);
  if ('outcome' in judgement) return { outcome: judgement.outcome, records: [], apply: () => {} };
  const states = batch.states.get(store!)!;
  const before = states.get(envelope.key);
  const { decided: passed, moves: due } = noticingMoves(() =>
    before === undefined ? undefined : store!.advance?.(before, now),
  );
  const { decided: decision, moves } = noticingMoves(() => judgement.decide(passed ? passed.state : before, now));
  const byTime = passed?.effects instanceof Effects ? passed.effects : undefined;
  const effects = byTime ? new Effects().also(byTime).also(decision) : decision;
  const outcome = outcomeOf(decision, judged);
  const next = decision.state ?? passed?.state;
  const records = recordsOf(batch, judged, effects, {
    byItself: byTime?.events.length ?? 0,
    traceparent,
    at: { version: versionOf(next ?? before), now },
  });
  const apply = () => {
    if (effects.rows.length) pieceOf(batch.rows, store!, () => [] as unknown[]).push(...effects.rows);
    batch.shows.push(...effects.shows);
    if (next === undefined || next === before) return;
    batch.moves.push(...due);
    // A refusal may have asked how far a move would lead: it left none behind.
    if (decision.state !== undefined) batch.moves.push(...moves);
    states.set(envelope.key, next);
    pieceOf(batch.touched, store!, () => new Map<string, unknown>()).set(envelope.key, next);
  };
  return { outcome, records, apply };
}

const NO_RECORDS: Work['records'] = [];
interface Telling {
  /** How many of the events time alone has brought about. */
  byItself: number;
  traceparent: string | undefined;
  at: { version: number; now: number };
}

function recordsOf(batch: Batch, { envelope, store }: Judged, effects: Effects, told: Telling): Work['records'] {
  const { events, asks, kept } = effects;
  if (!events.length && !asks.length && !kept.length) return NO_RECORDS;
  const { byItself, traceparent, at } = told;
  const cause = { ...envelope, traceparent };
  // What time alone brings about is nobody's act: least of all of the bidder who happened to come next.
  const time = byItself ? { ...cause, ...actOfTime(batch, store!) } : cause;
  return [
    ...events.map((one, n) => eventRecord(one, n < byItself ? time : cause, n, at)),
    ...asks.map((asking, n) => askRecord(asking, cause, n, batch.service)),
    ...kept.map(keptRecord),
  ];
}

/** Who does what falls due, and by which command it is done when nobody asks for anything else. */
function actOfTime({ service, handlers }: Batch, store: AnyStore) {
  const waking = handlers.wakings.find((one) => one.store === store);
  const type = waking && { type: waking.command.type };
  return { principal: servicePrincipal(service), because: undefined, ...type };
}

function pieceOf<K, V>(of: Map<K, V>, key: K, make: () => V): V {
  const piece = of.get(key) ?? make();
  of.set(key, piece);
  return piece;
}

const versionOf = (state: unknown) => (state as { version?: number } | undefined)?.version ?? 0;

function outcomeOf(decision: Decision<unknown>, { command, envelope }: Judged): Outcome {
  const body: unknown = wire(decision.body ?? null);
  if (decision instanceof Accepted) {
    // Whoever waits for this was promised its shape. What is between us and ourselves may leave it out.
    if (body !== null && envelope.type !== answerType) command!.answer.parse(body);
    return { status: command && mints(command) ? 201 : 200, code: 'done', body };
  }
  const refused = command?.rejections[decision.code];
  if (!refused) throw new TypeError(`${decision.code} is not in the catalogue of ${command?.type}`);
  return { status: refused.status, code: decision.code, body };
}
