import { toJson } from '@yuzhi/database/json';
import type { Cause, CloudEvent, Command, Envelope, Outcome, Principal } from '@yuzhi/protocol/declare';
import type { Answered, Asking, Kept, Told } from './decision.ts';
import { derivedId } from './ids.ts';
import { answerType } from './judge.ts';
import { RECORD_MAX_BYTES } from './log.ts';

type Outgoing = { topic: string; key: string; value: string | null };

/** What an answer says beyond what it repeats of the question. */
const ANSWER_BYTES = 50_000;

/** The log would refuse a larger one for ever. */
function fitting(record: Outgoing, most = RECORD_MAX_BYTES): Outgoing {
  const bytes = Buffer.byteLength(record.key) + Buffer.byteLength(record.value ?? '');
  if (bytes > most) throw new RangeError(`a record for ${record.topic} has ${bytes} bytes`);
  return record;
}

export const servicePrincipal = (service: string): Principal => ({
  party: `service:${service}`,
  person: `service:${service}`,
  roles: ['service'],
});

/** What is sent must be what was declared: a mistake is caught where it is made, not by whoever receives it. */
export function checkCommand({ data: declared, keyType }: Command, key: string, data: unknown): void {
  keyType.parse(key);
  declared.parse(data);
}

/** What was decided, and why: an answer stands for the command that was asked. */
function causeOf({ type, data, because }: Envelope): Cause {
  if (type !== answerType) return { command: type, ...(because && { event: because }) };
  const { of, outcome } = data as Answered;
  return { command: of, outcome: outcome.code };
}

/** The same cause gives the same id: a repetition of the commit publishes the same event. */
export function eventRecord(
  { event, data, saleId }: Told,
  cause: Envelope,
  n: number,
  at: { version: number; now: number },
): Outgoing {
  const checked = event.data.parse(data) as Record<string, unknown>;
  const subject = checked[event.key];
  if (typeof subject !== 'string' || subject === '') throw new TypeError(`${event.type} has no ${event.key}`);
  const value: CloudEvent = {
    specversion: '1.0',
    id: derivedId(cause.id, event.type, String(n)),
    source: `/${event.service}`,
    type: event.type,
    subject,
    time: new Date(at.now).toISOString(),
    causationid: cause.id,
    cause: causeOf(cause),
    aggversion: at.version,
    ...(saleId && { saleid: saleId }),
    actor: { party: cause.principal.party, person: cause.principal.person },
    ...(cause.traceparent && { traceparent: cause.traceparent }),
    data,
  };
  return fitting({ topic: event.topic, key: subject, value: toJson(value) });
}

export function askRecord({ command, key, data }: Asking, cause: Envelope, n: number, service: string): Outgoing {
  if (!command.askedBy.includes(service)) throw new TypeError(`${service} may not ask ${command.type}`);
  checkCommand(command, key, data);
  const id = derivedId(cause.id, 'ask', command.type, String(n));
  const envelope: Envelope = {
    id,
    idempotencyKey: id,
    type: command.type,
    key,
    principal: servicePrincipal(service),
    answerTo: { service, key: cause.key },
    ...(cause.traceparent && { traceparent: cause.traceparent }),
    data,
  };
  return fitting({ topic: command.topic, key, value: toJson(envelope) }, RECORD_MAX_BYTES - ANSWER_BYTES);
}

export function keptRecord({ table, key, data }: Kept): Outgoing {
  if (data !== null) table.data.parse(data);
  return fitting({ topic: table.topic, key, value: data === null ? null : toJson(data) });
}

/** A command to the asker's own aggregate: what became of what it asked. */
export function answerRecord(service: string, asked: Envelope, outcome: Outcome, traceparent?: string): Outgoing {
  const to = asked.answerTo!;
  const id = derivedId(asked.id, 'answer');
  const data: Answered = { of: asked.type, askKey: asked.key, asked: asked.data, outcome };
  const principal = servicePrincipal(service);
  const envelope: Envelope = {
    id,
    idempotencyKey: id,
    type: answerType,
    key: to.key,
    principal,
    ...(traceparent && { traceparent }),
    data,
  };
  return fitting({ topic: `${to.service}.commands`, key: to.key, value: toJson(envelope) });
}
