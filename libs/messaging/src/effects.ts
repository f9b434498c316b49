import { toJson } from '@yuzhi/database/json';
import type { CloudEvent, Envelope, Outcome, Principal } from '@yuzhi/protocol/declare';
import type { Answered, Asking, Told } from './decision.ts';
import { derivedId } from './ids.ts';
import { answerType } from './judge.ts';

type Outgoing = { topic: string; key: string; value: string };

export const servicePrincipal = (service: string): Principal => ({
  party: `service:${service}`,
  person: `service:${service}`,
  roles: ['service'],
});

/** The same cause gives the same id: a repetition of the commit publishes the same event. */
export function eventRecord(
  { event, data, saleId }: Told,
  cause: Envelope,
  n: number,
  at: { version: number; now: number },
): Outgoing {
  const subject = String((data as Record<string, unknown>)[event.key]);
  const value: CloudEvent = {
    specversion: '1.0',
    id: derivedId(cause.id, event.type, String(n)),
    source: `/${event.service}`,
    type: event.type,
    subject,
    time: new Date(at.now).toISOString(),
    causationid: cause.id,
    aggversion: at.version,
    ...(saleId && { saleid: saleId }),
    actor: { party: cause.principal.party, person: cause.principal.person },
    ...(cause.traceparent && { traceparent: cause.traceparent }),
    data,
  };
  return { topic: event.topic, key: subject, value: toJson(value) };
}

export function askRecord({ command, key, data }: Asking, cause: Envelope, n: number, service: string): Outgoing {
  if (!command.askedBy.includes(service)) throw new TypeError(`${service} may not ask ${command.type}`);
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
  return { topic: command.topic, key, value: toJson(envelope) };
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
  return { topic: `${to.service}.commands`, key: to.key, value: toJson(envelope) };
}
