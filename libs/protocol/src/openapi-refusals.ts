import type { Refusal, Refusals } from './declare.ts';
import type { Node } from './openapi-schemas.ts';
import { type PlatformRefusal, platformRefusals } from './platform.ts';
import { problem } from './problem.ts';

const words = { zh: { type: 'string' }, en: { type: 'string' } };

/** The component that every refusal is. */
export const problemSchema: Node = {
  type: 'object',
  description: 'RFC 9457. 其他成员见各拒绝代码 · Further members depend on the code.',
  required: ['type', 'title', 'status', 'code', 'zh', 'en', 'next'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    ...words,
    instance: { type: 'string', format: 'uri-reference', description: '操作结果的地址 · The operation.' },
    traceId: { type: 'string', description: '供客服查询 · For support.' },
    next: {
      type: 'object',
      description: '下一步 · What the caller can do.',
      required: ['zh', 'en'],
      properties: words,
    },
  },
};

const RETRY_AFTER = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } };

/** The refusals of a document: each code once as an example, each set of ours that recurs once as a response. */
export class RefusalResponses {
  readonly examples = new Map<string, Node>();
  readonly responses = new Map<string, Node>();

  /** By status, every code by name. */
  of(service: string, platform: readonly PlatformRefusal[], own: Refusals = {}): Record<string, Node> {
    const all = [
      ...platform.map((code) => ({ code, owner: 'platform', refusal: platformRefusals[code] as Refusal })),
      ...Object.entries(own).map(([code, refusal]) => ({ code, owner: service, refusal })),
    ];
    const byStatus = Map.groupBy(all, ({ refusal }) => refusal.status);
    return Object.fromEntries(
      [...byStatus].map(([status, refusals]) => {
        const response = this.#response(status, refusals);
        if (refusals.some(({ owner }) => owner !== 'platform')) return [status, response];
        const name = [status, ...refusals.map(({ code }) => code)].join('.');
        this.responses.set(name, response);
        return [status, { $ref: `#/components/responses/${name}` }];
      }),
    );
  }

  #response(status: number, refusals: { code: string; owner: string; refusal: Refusal }[]): Node {
    const codes = refusals.map(({ code }) => code);
    return {
      description: refusals.map(({ code, refusal }) => `- \`${code}\`: ${refusal.zh} ${refusal.en}`).join('\n'),
      ...((status === 429 || status === 503) && { headers: RETRY_AFTER }),
      content: {
        'application/problem+json': {
          schema: {
            allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }],
          },
          examples: Object.fromEntries(refusals.map((refused) => [refused.code, this.#example(refused)])),
        },
      },
    };
  }

  #example({ code, owner, refusal }: { code: string; owner: string; refusal: Refusal }): Node {
    const name = `${owner}.${code}`;
    this.examples.set(name, { summary: `${refusal.zh} ${refusal.en}`, value: problem(code, refusal) });
    return { $ref: `#/components/examples/${name}` };
  }
}
