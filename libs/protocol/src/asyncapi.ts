import { envelopeSchemas, messageOf, platformMessages, schemasOf, type Travelling } from './asyncapi-messages.ts';
import type { Catalogue } from './catalogue.ts';
import type { CloudEvent, Declared } from './declare.ts';
import { SERVICES_IN_WORDS } from './openapi.ts';
import { both } from './openapi-operations.ts';
import { type Node, Schemas } from './openapi-schemas.ts';

export interface AsyncApiOptions {
  version: string;
  /** By type of event: what the log holds of it. */
  examples: ReadonlyMap<string, CloudEvent>;
}
type Topic = Catalogue['topics'][number];

const DESCRIPTION = `
豫知平台在日志（Kafka）上的全部消息，由同一份声明生成。Everything that travels on the platform's log, made from the declarations of its messages.

- **键**即聚合编号，同键有序。The **key** is the aggregate's id; records of one key are in order.
- **命令**的信封在值内，记录无消息头。**Commands** carry their envelope inside the value; records bear no headers.
- **事件**为 CloudEvents 1.0 结构化 JSON，至少一次，按 \`id\` 去重。
  **Events** are CloudEvents 1.0 in structured JSON, at least once: tell repetitions by \`id\`.
- **表**为压缩主题，每键保留最新值。**Tables** are compacted topics: the latest value of each key.
- 仅网关与各服务可写入。Only the gateway and the services may write; HTTP and live streams stand in \`openapi.json\`.
`.trim();

const WORDS = {
  command: { zh: '的命令，先入日志再应答', en: 'commands, durable before anything answers' },
  event: { zh: '的事件，永久保留', en: 'events, kept for ever' },
  table: { zh: '的表，每键最新值', en: 'a table, the latest value of each key' },
};
/** In the words of the document, what the owner of a topic does with it. */
const ACTIONS = { command: 'receive', event: 'send', table: 'send' } as const;

const travels = (d: Declared): d is Travelling => 'topic' in d;
const kindOf = (topic: string): Travelling['kind'] =>
  topic.endsWith('.commands') ? 'command' : topic.endsWith('.events') ? 'event' : 'table';
const ownerOf = (topic: string) => topic.slice(0, topic.indexOf('.'));
const pointer = (...path: string[]): Node => ({ $ref: `#/${path.join('/')}` });

function channel({ topic, partitions, compacted }: Topic, messages: string[]): Node {
  const [kind, owner] = [kindOf(topic), ownerOf(topic)];
  const { zh, en } = WORDS[kind];
  const kept = compacted ? { 'cleanup.policy': ['compact'] } : { 'retention.ms': -1 };
  return {
    address: topic,
    title: topic,
    description: both({ zh: `${owner} ${zh}。`, en: `${owner}: ${en}.` }),
    servers: [pointer('servers', 'log')],
    messages: Object.fromEntries(messages.map((name) => [name, pointer('components', 'messages', name)])),
    bindings: { kafka: { topic, partitions, topicConfiguration: kept, bindingVersion: '0.5.0' } },
    tags: [{ name: owner }],
  };
}

function operation({ topic }: Topic, messages: string[]): Node {
  const kind = kindOf(topic);
  const { zh, en } = WORDS[kind];
  return {
    action: ACTIONS[kind],
    channel: pointer('channels', topic),
    title: topic,
    summary: both({ zh: `${ownerOf(topic)} ${zh}`, en: `${ownerOf(topic)}: ${en}` }),
    messages: messages.map((name) => pointer('channels', topic, 'messages', name)),
    tags: [{ name: ownerOf(topic) }],
  };
}

/** The AsyncAPI 3.0 document of everything that travels on a topic: the same catalogue, the same bytes. */
export function asyncapi({ declared, topics }: Catalogue, { version, examples }: AsyncApiOptions): Node {
  const travelling = declared.filter(travels);
  const schemas = new Schemas(schemasOf(travelling));
  const platform = platformMessages(schemas);
  const messages = travelling.map((d): [string, Node] => [d.type, messageOf(d, schemas, examples.get(d.type))]);
  const on = (topic: string) => {
    const own = travelling.filter((d) => d.topic === topic).map(({ type }) => type);
    return kindOf(topic) === 'command' ? [...own, ...Object.keys(platform)] : own;
  };
  const owners = new Set(['platform', ...topics.map(({ topic }) => ownerOf(topic))]);
  const byName = <T>(entries: [string, T][]) => Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const envelopes = envelopeSchemas(schemas);
  return {
    asyncapi: '3.0.0',
    info: {
      title: '豫知 Yuzhi',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      tags: Object.entries(SERVICES_IN_WORDS).flatMap(([name, words]) =>
        owners.has(name) ? [{ name, description: both(words) }] : [],
      ),
    },
    defaultContentType: 'application/json',
    servers: {
      log: {
        host: 'kafka:9092',
        protocol: 'kafka',
        description: 'KAFKA_BROKERS 所指。· Whatever KAFKA_BROKERS names.',
      },
    },
    channels: Object.fromEntries(topics.map((topic) => [topic.topic, channel(topic, on(topic.topic))])),
    operations: Object.fromEntries(topics.map((topic) => [topic.topic, operation(topic, on(topic.topic))])),
    components: {
      messages: { ...byName(messages), ...platform },
      schemas: byName(Object.entries({ ...schemas.components(), ...envelopes })),
    },
  };
}
