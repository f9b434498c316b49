import type { Command, Declared, Download, Intake, Permission, Query, Stream, Words } from './declare.ts';
import { mints } from './declare.ts';
import { RefusalResponses } from './openapi-refusals.ts';
import type { Io, Node, Schemas } from './openapi-schemas.ts';
import type { PlatformRefusal } from './platform.ts';
import type { z } from 'zod';

/** What has a door of its own at the gateway. */
export type Routed = (Command & { route: `POST /${string}` }) | Query | Stream | Download | Intake;

const KINDS = ['command', 'query', 'stream', 'download', 'hook', 'upload', 'form'];
export const isRouted = (d: Declared): d is Routed => KINDS.includes(d.kind) && 'route' in d && d.route !== undefined;

export const both = ({ zh, en }: Words) => `${zh} · ${en}`;
export const parameter = (name: string): Node => ({ $ref: `#/components/parameters/${name}` });
export const json = (schema: Node): Node => ({ 'application/json': { schema } });
const body = (schema: Node): Node => ({
  required: Array.isArray(schema['required']) && schema['required'].length > 0,
  content: json(schema),
});

const pathParameters = (route: string): string[] => [...route.matchAll(/:(\w+)/g)].map(([, name]) => name!);

/** `POST /v1/listings/:saleId` as OpenAPI has it: the path and the method. */
export function doorOf(route: string): { path: string; method: string } {
  const [method = '', path = ''] = route.split(' ');
  return { path: path.replace(/:(\w+)/g, '{$1}'), method: method.toLowerCase() };
}

/** An object schema without some of its fields: they stand in the path. */
function without(schema: Node, names: string[]): Node {
  if (!schema['properties']) return schema;
  const rest = Object.entries(schema['properties']).filter(([name]) => !names.includes(name));
  const required = ((schema['required'] ?? []) as string[]).filter((name) => !names.includes(name));
  const { required: _, ...others } = schema;
  return { ...others, properties: Object.fromEntries(rest), ...(required.length && { required }) };
}

const EVENT_STREAM = [
  '每条消息的 `data` 为序号相连的若干条目的 JSON 列表，`id` 为其中最后一条的序号；断线后以 `Last-Event-ID` 续传。',
  'The `data` of each message lists items whose numbers follow one another; its `id` is the number of the last.',
  '`Last-Event-ID` resumes after a number.',
  'Named messages, such as `heartbeat`, are no items.',
].join(' ');

/** Every schema of a declaration and which way it travels. */
export function schemasOf(d: object): { schema: z.ZodType; io: Io }[] {
  const { keyType, data, params, body: form, answer, item } = d as Record<string, z.ZodType | undefined>;
  const inward = [keyType, data, params, form].map((schema) => ({ schema, io: 'input' as const }));
  const outward = [answer, item].map((schema) => ({ schema, io: 'output' as const }));
  return [...inward, ...outward].filter((one): one is { schema: z.ZodType; io: Io } => one.schema !== undefined);
}

const NEEDED: Record<string, Words> = {
  anyone: { zh: '无需登录。', en: 'No sign-in needed.' },
  person: { zh: '登录后可用。', en: 'For anyone who signed in.' },
};

function permissionWords(permission: Permission): Words {
  if (typeof permission === 'string') return NEEDED[permission]!;
  const roles = permission.map((role) => `\`${role}\``);
  return { zh: `岗位：${roles.join('、')}。`, en: `Roles: ${roles.join(', ')}.` };
}

/** Hooks and forms for anyone know no sign-in; other doors that anyone may use show more to whoever did sign in. */
function securityOf({ kind, permission }: Routed): Node[] {
  if (permission !== 'anyone') return [{ signIn: [] }];
  return kind === 'hook' || kind === 'form' ? [] : [{}, { signIn: [] }];
}

function platformRefusalsOf(d: Routed): PlatformRefusal[] {
  const access: PlatformRefusal[] = securityOf(d).length ? ['forbidden'] : [];
  if (d.permission !== 'anyone') access.unshift('sign-in-first');
  const sent: PlatformRefusal[] = ['malformed-request', 'request-too-large', 'unsupported-media-type'];
  const always: PlatformRefusal[] = ['invalid-input', 'too-many-requests', 'internal-fault'];
  if (d.kind === 'command')
    return [...sent, ...access, ...always, 'idempotency-key-reused', 'log-unavailable', 'overloaded'];
  const posted = 'limit' in d ? sent : [];
  const sought: PlatformRefusal[] = pathParameters(d.route).length ? ['not-found'] : [];
  return [...posted, ...access, ...sought, ...always, 'owner-unavailable'];
}

/** Describes one door after another into the same document. */
export class Operations {
  readonly refusals = new RefusalResponses();

  constructor(readonly schemas: Schemas) {}

  of(d: Routed): Node {
    const { type, service, summary, permission } = d;
    return {
      operationId: type,
      tags: [service],
      summary: both(summary),
      description: both(permissionWords(permission)),
      'x-permission': permission,
      security: securityOf(d),
      parameters: [...this.#parameters(d), ...this.#headers(d)],
      ...this.#requestBody(d),
      responses: {
        ...this.#answers(d),
        ...this.refusals.of(service, platformRefusalsOf(d), 'rejections' in d ? d.rejections : {}),
      },
    };
  }

  #parameters(d: Routed): Node[] {
    const { properties = {}, required = [] } = this.#inward(d);
    const inPath = pathParameters(d.route);
    const path = inPath.map((name) => {
      const key = d.kind === 'command' && d.key === name ? this.schemas.of(d.keyType, 'input') : undefined;
      return { name, in: 'path', required: true, schema: key ?? properties[name] ?? { type: 'string' } };
    });
    if (d.kind === 'command') return path;
    const query = Object.entries(properties).filter(([name]) => !inPath.includes(name));
    return [
      ...path,
      ...query.map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema })),
    ];
  }

  #headers(d: Routed): Node[] {
    const organisation = securityOf(d).length ? [parameter('Organisation')] : [];
    if (d.kind === 'command') return [parameter('IdempotencyKey'), ...organisation];
    return d.kind === 'stream' ? [parameter('LastEventId'), parameter('After'), ...organisation] : organisation;
  }

  /** What the route and the rest of the request together must be. */
  #inward(d: Routed): { properties?: Record<string, Node>; required?: string[] } {
    return this.schemas.of(d.kind === 'command' ? d.data : d.params, 'input');
  }

  #requestBody(d: Routed): Node {
    if (d.kind === 'command') {
      const schema = this.schemas.of(d.data, 'input');
      return { requestBody: body(without(schema, pathParameters(d.route))) };
    }
    if (d.kind === 'form') return { requestBody: body(this.schemas.of(d.body!, 'input')) };
    if (d.kind !== 'hook' && d.kind !== 'upload') return {};
    const mediaType = d.kind === 'hook' ? 'application/json' : 'application/octet-stream';
    const description = `至多 ${d.limit} 字节 · At most ${d.limit} bytes.`;
    return { requestBody: { required: true, description, content: { [mediaType]: {} } } };
  }

  #answers(d: Routed): Node {
    const ok = { description: '成功 · Done.' };
    if (d.kind === 'download') return { 200: { ...ok, content: { [d.mediaType]: {} } } };
    if (d.kind === 'stream') {
      // What OpenAPI 3.2 calls `itemSchema`: the JSON in each `data`.
      const schema = {
        type: 'string',
        contentMediaType: 'application/json',
        contentSchema: { type: 'array', items: this.schemas.of(d.item, 'output') },
      };
      const content = { 'text/event-stream': { schema } };
      return { 200: { description: EVENT_STREAM, content } };
    }
    const answer = { ...ok, content: json(this.schemas.of(d.answer, 'output')) };
    if (d.kind !== 'command') return { 200: answer };
    return { [mints(d) ? 201 : 200]: answer, 202: { $ref: '#/components/responses/Accepted' } };
  }
}
