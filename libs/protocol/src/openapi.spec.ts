import { afterAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { catalogue } from './catalogue.ts';
import { command, type Declared, download, form, hook, query, refusal, site, stream, upload } from './declare.ts';
import { openapi } from './openapi.ts';
import { Fen } from './scalars.ts';

const refused = (status: 404 | 409) => refusal(status, ['不行', 'No.'], ['换一个', 'Take another.']);
const Price = z.object({ priceFen: Fen, currency: z.string().default('CNY') }).meta({ id: 'Price' });
const Quote = z.object({ price: Price }).meta({ id: 'Quote' });
const words = (permission: 'anyone' | 'person' | readonly ['bidder', 'desk']) => ({
  summary: { zh: '报价', en: 'Bid' },
  permission,
});
const key = { key: 'saleId', keyType: z.uuid() } as const;
const saleId = { saleId: z.uuid() };

const declared: Declared[] = [
  command('bidding.auction.bid.v1', {
    ...words(['bidder', 'desk']),
    ...key,
    route: 'POST /v1/auctions/:saleId/bids/:round',
    data: z.object({ round: z.coerce.number().int(), quote: Quote }),
    answer: z.object({ quote: Quote }),
    rejections: { 'no-auction': refused(404), 'bid-too-low': refused(409), 'bid-too-late': refused(409) },
  }),
  command('bidding.auction.open.v1', {
    ...words('person'),
    ...key,
    route: 'POST /v1/auctions',
    data: z.object({}),
    answer: z.object(saleId),
    rejections: {},
  }),
  command('bidding.auction.wake.v1', {
    ...words('person'),
    ...key,
    data: z.object({}),
    answer: z.object({}),
    rejections: {},
  }),
  query('bidding.auction.list.v1', {
    ...words('anyone'),
    route: 'GET /v1/auctions',
    params: z.object({ q: z.string(), limit: z.coerce.number().default(20) }),
    answer: z.object({ items: z.array(z.strictObject(saleId)) }),
  }),
  stream('bidding.auction.live.v1', {
    ...words('anyone'),
    route: 'GET /v1/auctions/:saleId/live',
    params: z.object(saleId),
    key: 'saleId',
    item: z.object({ priceFen: Fen }).meta({ id: 'HallItem' }),
  }),
  download('contracts.deal.pdf.v1', {
    ...words('person'),
    route: 'GET /v1/deals/:saleId/contract.pdf',
    params: z.object(saleId),
    mediaType: 'application/pdf',
  }),
  ...[hook, upload].map((declare, n) =>
    declare(`escrow.bytes.take${n}.v1`, {
      ...words('anyone'),
      route: `POST /v1/bytes/${n}`,
      params: z.object({}),
      answer: z.object({}),
      rejections: {},
      limit: 4096,
    }),
  ),
  form('identity.person.sign-up.v1', {
    ...words('anyone'),
    route: 'POST /v1/people',
    params: z.object({}),
    body: z.object({ password: z.string() }),
    answer: z.object({}),
    rejections: {},
    limit: 4096,
  }),
  site('identity.issuer.pages.v1', { prefix: '/oidc', summary: { zh: '登录', en: 'Sign-in' } }),
];
const options = { url: '/', version: '1.2.3' };

type Any = Record<string, any>;
const planted: Any = openapi({ declared, topics: [] }, options);
const real: Any = openapi(catalogue, options);
const door = (method: string, path: string): Any => (planted['paths'] as Any)[path][method] as Any;
const bid = door('post', '/v1/auctions/{saleId}/bids/{round}');
const named = (operation: Any): string[] =>
  (operation['parameters'] as Any[]).map((p) => String(p['name'] ?? p['$ref'].split('/').at(-1)));

const folder = mkdtempSync(join(tmpdir(), 'yuzhi-openapi-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the linter says, with the rules of `redocly.yaml`. */
function lint(document: object): { passed: boolean; said: string } {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const file = join(folder, 'openapi.json');
  writeFileSync(file, JSON.stringify(document));
  const cli = join(root, 'node_modules/@redocly/cli/bin/cli.js');
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const run = spawnSync(process.execPath, [cli, 'lint', file, '--config', join(root, 'redocly.yaml')], {
    env,
    encoding: 'utf8',
  });
  return { passed: run.status === 0, said: run.stdout + run.stderr };
}

describe('the OpenAPI document', () => {
  it('is the same byte by byte each time', () => {
    expect(JSON.stringify(openapi(catalogue, options))).toBe(JSON.stringify(real));
    expect(Object.keys(real['paths'] as Any)).toEqual(Object.keys(real['paths'] as Any).toSorted());
  });

  it('has one door for every declaration with a route, and one for operations', () => {
    const doors = Object.values(real['paths'] as Any).flatMap((methods) => Object.values(methods as Any));
    const routed = catalogue.declared.filter((d) => 'route' in d && d.route !== undefined).map(({ type }) => type);
    expect(doors).toHaveLength(routed.length + 1);
    expect(new Set(doors.map((one) => (one as Any)['operationId'] as unknown))).toEqual(
      new Set([...routed, 'platform.operation.get.v1']),
    );
  });

  it('has words for every service', () => {
    const described = (real['tags'] as Any[]).map(({ name }) => name as string);
    expect(described).toEqual(expect.arrayContaining([...new Set(catalogue.declared.map(({ service }) => service))]));
  });

  it('passes the linter, which finds what is wrong', () => {
    expect(lint(real)).toMatchObject({ passed: true });
    const broken = structuredClone(planted);
    delete broken['components']['schemas']['HallItem'];
    expect(lint(broken)).toMatchObject({ passed: false, said: expect.stringContaining('no-unresolved-refs') });
  }, 60_000);
});

describe('a command', () => {
  it('has its key and other route parameters in the path, the rest in the body', () => {
    expect(named(bid)).toEqual(['saleId', 'round', 'IdempotencyKey', 'Organisation']);
    expect(bid['parameters'][0]['schema']).toEqual({ type: 'string', format: 'uuid' });
    const properties = { quote: { $ref: '#/components/schemas/QuoteInput' } };
    expect(bid['requestBody']).toEqual({
      required: true,
      content: { 'application/json': { schema: { type: 'object', properties, required: ['quote'] } } },
    });
    expect(planted['paths']).not.toHaveProperty('/v1/wake');
  });

  it('is answered 200, or 201 when it mints, or 202', () => {
    const successes = (operation: Any) => Object.keys(operation['responses'] as Any).filter((status) => status < '300');
    expect(successes(bid)).toEqual(['200', '202']);
    expect(successes(door('post', '/v1/auctions'))).toEqual(['201', '202']);
    expect(bid['responses'][202]).toEqual({ $ref: '#/components/responses/Accepted' });
  });

  it('names exactly the codes it may be refused with, by status', () => {
    const response = bid['responses'][409]['content']['application/problem+json'];
    expect(response['schema']['allOf'][1]['properties']['code']['enum']).toEqual(['bid-too-low', 'bid-too-late']);
    expect(response['examples']['bid-too-low']).toEqual({ $ref: '#/components/examples/bidding.bid-too-low' });
    expect(planted['components']['examples']['bidding.bid-too-low']['value']).toEqual({
      type: '/problems/bid-too-low',
      title: 'No.',
      status: 409,
      code: 'bid-too-low',
      zh: '不行',
      en: 'No.',
      next: { zh: '换一个', en: 'Take another.' },
    });
    expect(bid['responses'][422]).toEqual({ $ref: '#/components/responses/422.invalid-input.idempotency-key-reused' });
  });

  it('says who may send it', () => {
    expect(bid).toMatchObject({
      summary: '报价 · Bid',
      description: '岗位：`bidder`、`desk`。 · Roles: `bidder`, `desk`.',
      'x-permission': ['bidder', 'desk'],
      security: [{ signIn: [] }],
    });
  });
});

describe('a schema', () => {
  it('that is not the same in and out becomes two components, and so does what refers to it', () => {
    const { Price: out, PriceInput, QuoteInput } = planted['components']['schemas'] as Any;
    expect(out).toMatchObject({ required: ['priceFen', 'currency'] });
    expect(PriceInput).toMatchObject({ required: ['priceFen'] });
    expect(QuoteInput['properties']).toEqual({ price: { $ref: '#/components/schemas/PriceInput' } });
    expect(bid['responses'][200]['content']['application/json']['schema']['properties']).toEqual({
      quote: { $ref: '#/components/schemas/Quote' },
    });
    expect(planted['components']['schemas']).not.toHaveProperty('FenInput');
  });

  it('of an answer stays open for new fields', () => {
    expect(JSON.stringify(planted)).not.toContain('"additionalProperties":false');
  });
});

describe('the other kinds of doors', () => {
  it('a query takes its parameters from the query string and may be read without sign-in', () => {
    const list = door('get', '/v1/auctions');
    expect(named(list)).toEqual(['q', 'limit', 'Organisation']);
    expect((list['parameters'] as Any[]).map((p) => p['required'] as unknown)).toEqual([true, false, undefined]);
    expect(list['security']).toEqual([{}, { signIn: [] }]);
    expect(Object.keys(list['responses'] as Any)).not.toContain('404');
  });

  it('a stream is resumed by Last-Event-ID and says what its items are', () => {
    const live = door('get', '/v1/auctions/{saleId}/live');
    expect(named(live)).toContain('LastEventId');
    expect(live['responses'][200]['content']['text/event-stream']['schema']['contentSchema']).toEqual({
      type: 'array',
      items: { $ref: '#/components/schemas/HallItem' },
    });
    expect(Object.keys(live['responses'] as Any)).toContain('404');
  });

  it('bytes come and go in their own media type', () => {
    const pdf = door('get', '/v1/deals/{saleId}/contract.pdf');
    expect(Object.keys(pdf['responses'][200]['content'] as Any)).toEqual(['application/pdf']);
    const bodies = [0, 1].map((n) => door('post', `/v1/bytes/${n}`)['requestBody'] as Any);
    expect(bodies.map(({ content }) => Object.keys(content as Any)[0])).toEqual([
      'application/json',
      'application/octet-stream',
    ]);
    expect(bodies[1]).toMatchObject({ description: '至多 4096 字节 · At most 4096 bytes.' });
  });

  it('a hook and a sign-up know no sign-in', () => {
    expect(door('post', '/v1/bytes/0')['security']).toEqual([]);
    const signUp = door('post', '/v1/people');
    expect([signUp['security'], named(signUp)]).toEqual([[], []]);
    expect(Object.keys(signUp['responses'] as Any)).not.toContain('401');
  });

  it('people sign in by code, API clients by credentials, at the issuer that is declared', () => {
    expect(planted['components']['securitySchemes']['signIn']['flows']).toMatchObject({
      authorizationCode: { authorizationUrl: '/oidc/auth', tokenUrl: '/oidc/token' },
      clientCredentials: { tokenUrl: '/oidc/token' },
    });
  });
});
