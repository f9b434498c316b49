import type { Catalogue } from './catalogue.ts';
import type { Words } from './declare.ts';
import { both, doorOf, isRouted, json, Operations, parameter, schemasOf } from './openapi-operations.ts';
import { problemSchema } from './openapi-refusals.ts';
import { type Node, Schemas } from './openapi-schemas.ts';

export interface OpenApiOptions {
  /** Where the gateway is; `/` when the document travels with it. */
  url: string;
  version: string;
}

/** What each owner of messages is, for a reader of the documents. */
export const SERVICES_IN_WORDS: Record<string, Words> = {
  platform: { zh: '平台：操作结果', en: 'The platform itself: outcomes of operations' },
  identity: { zh: '机构、人员、岗位与登录', en: 'Organisations, people, roles and sign-in' },
  register: { zh: '专利登记簿与著录变更', en: 'The patent register and its filings' },
  listings: { zh: '挂牌、公告与成交公示', en: 'Listings, announcements and result notices' },
  bidding: { zh: '网络竞价', en: 'Online bidding' },
  valuation: { zh: '价值评估', en: 'Valuation' },
  contracts: { zh: '合同签署与交易流程', en: 'Contracts, signing and the deal' },
  escrow: { zh: '资金托管与分账', en: 'Escrow, the ledger and payouts' },
  'pledge-financing': { zh: '质押融资', en: 'Pledge financing' },
  oversight: { zh: '规则、日历、时钟与交易记录', en: 'Rulebook, calendar, clock and the record of sales' },
};

const DESCRIPTION = `
豫知平台的全部接口，由同一份消息声明生成。Everything the platform can be told and asked, made from the declarations of its messages.

- **写入** 是命令：先写入日志再应答。期限内有结果即为 200/201 或拒绝；否则为 202，\`Location\` 指向操作结果。
  **Writes** are commands, durable before anything answers: the outcome in time, else 202 and its \`Location\`.
- **幂等**：同一 \`Idempotency-Key\` 永远只执行一次；503 与断线后请用同一键重试。
  **Idempotency**: the same key never does a thing twice; repeat with it after a 503 or a lost connection.
- **字段** 未声明者一律拒绝；应答可能增加字段。**Fields** that are not declared are refused; answers may gain some.
- **金额** 为以分为单位的数字字符串。**Money** is fen, as a string of digits.
- **时刻** 为毫秒时间戳。**Instants** are epoch milliseconds.
- **拒绝** 来自封闭目录，含中英文与下一步。**Refusals** come from closed catalogues, in both languages, with the next step.
`.trim();

const TEXT = { type: 'string' };
const NUMBER = { type: 'string', pattern: '^\\d+$' };

const PARAMETERS: Record<string, Node> = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: '同一键只执行一次；缺省为随机。· The same key never does it twice; random when absent.',
    schema: { type: 'string', pattern: '^[!-~]{1,200}$' },
  },
  Organisation: {
    name: 'x-organisation',
    in: 'header',
    description: '以哪个机构的成员身份；缺省为本人。· The membership that acts; absent: the person himself.',
    schema: { type: 'string', examples: ['91410100DEM000014P'] },
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: '已收到的最后序号。· The last number already received.',
    schema: NUMBER,
  },
  After: {
    name: 'after',
    in: 'query',
    description: '同上，供不能设置请求头者使用。· The same for whoever cannot set a header.',
    schema: NUMBER,
  },
};

const ACCEPTED: Node = {
  description: '已受理，尚无结果。· Taken; not decided yet.',
  headers: {
    Location: {
      description: '操作结果的地址。· Where the outcome will be.',
      schema: { type: 'string', format: 'uri-reference' },
    },
  },
  content: json({ type: 'object', required: ['operation'], properties: { operation: TEXT } }),
};

const OUTCOME: Node = {
  type: 'object',
  description:
    '命令的结果：状态、代码与内容。· What became of a command; `status` is what it would have been answered.',
  required: ['status', 'code'],
  properties: { status: { type: 'integer' }, code: TEXT, body: {} },
};

/** The one door that belongs to no declaration. */
function operationsDoor({ refusals }: Operations): Node {
  const outcome = json({ $ref: '#/components/schemas/Outcome' });
  return {
    operationId: 'platform.operation.get.v1',
    tags: ['platform'],
    summary: '查询操作结果 · What became of a command',
    description: '命令的键为其 Idempotency-Key。· The key is that of the command; only its sender reads it.',
    'x-permission': 'person',
    security: [{ signIn: [] }],
    parameters: [
      ...['owner', 'aggregate', 'key'].map((name) => ({ name, in: 'path', required: true, schema: TEXT })),
      parameter('Organisation'),
    ],
    responses: {
      200: { description: '已有结果。· Decided.', content: outcome },
      202: { description: '尚无结果，不是 404。· Not decided yet, which is an answer.', content: outcome },
      ...refusals.of('platform', ['sign-in-first', 'forbidden', 'not-found', 'too-many-requests', 'owner-unavailable']),
    },
  };
}

function securitySchemes({ declared }: Catalogue): Node {
  const prefix = declared.find((d) => d.kind === 'site')?.prefix ?? '';
  const tokenUrl = `${prefix}/token`;
  const scopes = { openid: '登录 · Sign-in' };
  return {
    signIn: {
      type: 'oauth2',
      description:
        '人员用授权码，接口客户端用客户端凭证。· People: authorization code with PKCE; API clients: credentials.',
      flows: {
        authorizationCode: { authorizationUrl: `${prefix}/auth`, tokenUrl, scopes },
        clientCredentials: { tokenUrl, scopes: {} },
      },
    },
  };
}

const sorted = <T>(entries: Iterable<[string, T]>): Record<string, T> =>
  Object.fromEntries([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** The OpenAPI 3.1 document of everything that has a route: the same catalogue, the same bytes. */
export function openapi(catalogue: Catalogue, { url, version }: OpenApiOptions): Node {
  const routed = catalogue.declared.filter(isRouted);
  const schemas = new Schemas(routed.flatMap(schemasOf));
  const operations = new Operations(schemas);
  const paths = new Map<string, Node>();
  for (const d of routed) {
    const { path, method } = doorOf(d.route);
    paths.set(path, { ...paths.get(path), [method]: operations.of(d) });
  }
  paths.set('/v1/operations/{owner}/{aggregate}/{key}', { get: operationsDoor(operations) });
  const tags = Object.entries(SERVICES_IN_WORDS).filter(
    ([name]) => name === 'platform' || routed.some((d) => d.service === name),
  );
  const { examples, responses } = operations.refusals;
  return {
    openapi: '3.1.0',
    info: {
      title: '豫知 Yuzhi',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url }],
    tags: tags.map(([name, words]) => ({ name, description: both(words) })),
    paths: sorted(paths),
    components: {
      securitySchemes: securitySchemes(catalogue),
      parameters: PARAMETERS,
      headers: { RetryAfter: { description: '秒 · Seconds.', schema: { type: 'integer' } } },
      schemas: sorted(Object.entries({ ...schemas.components(), Problem: problemSchema, Outcome: OUTCOME })),
      responses: sorted([...responses, ['Accepted', ACCEPTED]]),
      examples: sorted(examples),
    },
  };
}
