import type { CloudEvent, Command, Event, Table } from './declare.ts';
import { AnswerData, ClockRecord, CloudEventEnvelope, CommandEnvelope } from './envelopes.ts';
import { both } from './openapi-operations.ts';
import type { Node, Schemas } from './openapi-schemas.ts';
import { z } from 'zod';

export type Travelling = Command | Event | Table;

const KAFKA = '0.5.0';
/** What the log's bindings say of a message: its key, which is also its place in the order of its aggregate. */
const keyed = (key: Node) => ({ kafka: { key, bindingVersion: KAFKA } });
const ref = (name: string): Node => ({ $ref: `#/components/schemas/${name}` });
const one = (value: string): Node => ({ type: 'string', const: value });
const TEXT = { type: 'string' };

/** Names of the schemas that no declaration carries. */
export const ENVELOPES = { command: 'CommandEnvelope', event: 'CloudEvent', none: 'NoHeaders' } as const;
const NONE: Node = {
  type: 'object',
  maxProperties: 0,
  description: '记录不带消息头，信封在值内。· Records bear no headers: the envelope stands inside the value.',
};

/** Every schema that the messages of a catalogue refer to, for `Schemas` to know beforehand. */
export const schemasOf = (travelling: readonly Travelling[]): { schema: z.ZodType; io: 'input' }[] =>
  travelling
    .flatMap((d) => (d.kind === 'command' ? [d.keyType, d.data] : [d.data]))
    .map((schema) => ({ schema, io: 'input' }));

const convert = (schema: z.ZodType, schemas: Schemas) => schemas.of(schema, 'input');
export const envelopeSchemas = (schemas: Schemas): Record<string, Node> => ({
  [ENVELOPES.command]: convert(CommandEnvelope, schemas),
  [ENVELOPES.event]: convert(CloudEventEnvelope, schemas),
  [ENVELOPES.none]: NONE,
});

/** An envelope, and what it says in this message. */
const wrapped = (envelope: string, properties: Record<string, Node>, required: string[]): Node => ({
  allOf: [ref(envelope), { type: 'object', required, properties }],
});
const base = (name: string, service: string, contentType: string) => ({
  name,
  contentType,
  tags: [{ name: service }],
  headers: ref(ENVELOPES.none),
});

function commandMessage(command: Command, schemas: Schemas): Node {
  const { type, service, summary, data, keyType, key, permission, route, askedBy, rejections } = command;
  const keySchema = convert(keyType, schemas);
  const payload = { type: one(type), key: keySchema, data: convert(data, schemas) };
  return {
    ...base(type, service, 'application/json'),
    title: type,
    summary: both(summary),
    bindings: keyed(keySchema),
    payload: wrapped(ENVELOPES.command, payload, ['data']),
    'x-key': key,
    'x-permission': permission,
    ...(route && { 'x-route': route }),
    ...(askedBy.length && { 'x-asked-by': askedBy }),
    'x-refusals': Object.keys(rejections),
  };
}

function eventMessage(event: Event, schemas: Schemas, example: CloudEvent | undefined): Node {
  const { type, service, sentence, data, key, audience } = event;
  const schema = convert(data, schemas);
  const keySchema = (schema['properties'] as Record<string, Node> | undefined)?.[key] ?? TEXT;
  const payload = { type: one(type), source: one(`/${service}`), subject: keySchema, data: schema };
  return {
    ...base(type, service, 'application/cloudevents+json'),
    title: type,
    summary: both(sentence),
    bindings: keyed(keySchema),
    payload: wrapped(ENVELOPES.event, payload, ['data']),
    ...(example && { examples: [{ name: 'sample', payload: example }] }),
    'x-key': key,
    'x-audience': audience,
  };
}

const tableMessage = ({ type, service, data }: Table, schemas: Schemas): Node => ({
  ...base(type, service, 'application/json'),
  title: type,
  summary: both({ zh: '每键最新值；空值即删除。', en: 'The latest word on its key; no value deletes it.' }),
  bindings: keyed(TEXT),
  payload: convert(data, schemas),
});

export function messageOf(d: Travelling, schemas: Schemas, example: CloudEvent | undefined): Node {
  if (d.kind === 'command') return commandMessage(d, schemas);
  return d.kind === 'event' ? eventMessage(d, schemas, example) : tableMessage(d, schemas);
}

/** What travels among the commands and is declared by nobody. */
export const platformMessages = (schemas: Schemas): Record<string, Node> => ({
  'platform.answer.v1': {
    ...base('platform.answer.v1', 'platform', 'application/json'),
    title: 'platform.answer.v1',
    summary: both({
      zh: '所请求命令的结果，回到请求方。',
      en: 'What became of a command that a service asked another.',
    }),
    bindings: keyed(TEXT),
    payload: wrapped(ENVELOPES.command, { type: one('platform.answer.v1'), data: convert(AnswerData, schemas) }, [
      'data',
    ]),
  },
  'platform.clock.v1': {
    ...base('platform.clock.v1', 'platform', 'application/json'),
    title: 'platform.clock.v1',
    summary: both({
      zh: '推进平台时钟（仅演示与测试）。',
      en: 'Moves the platform clock: demonstration and test only.',
    }),
    bindings: keyed(TEXT),
    payload: convert(ClockRecord, schemas),
  },
});
