import { describe, expect, it } from '@jest/globals';
import { Parser } from '@asyncapi/parser';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { asyncapi } from './asyncapi.ts';
import { catalogue } from './catalogue.ts';
import { command, type Declared, event, refusal, table } from './declare.ts';

type Any = Record<string, any>;

const saleId = z.uuid().meta({ id: 'SaleId' });
const declared: Declared[] = [
  command('bidding.auction.place-bid.v1', {
    route: 'POST /v1/auctions/:saleId/bids',
    summary: { zh: '报价', en: 'Bid' },
    permission: ['bidder'],
    key: 'saleId',
    keyType: saleId,
    data: z.object({ amountFen: z.string() }),
    answer: z.object({}),
    rejections: { 'bid-too-low': refusal(409, ['不行', 'No.'], ['换一个', 'Take another.']) },
    askedBy: ['listings'],
  }),
  event('bidding.auction.ended.v1', {
    key: 'saleId',
    data: z.object({ saleId, bids: z.int() }),
    sentence: { zh: '共 {bids} 次报价。', en: '{bids} quotes.' },
    audience: 'desk',
  }),
  table('bidding.rules.v1', z.object({ text: z.string() })),
];
const topics = [
  { topic: 'bidding.commands', partitions: 16 },
  { topic: 'bidding.events', partitions: 4 },
  { topic: 'bidding.rules.v1', partitions: 1, compacted: true },
];
const planted: Any = asyncapi({ declared, topics }, { version: '1.2.3', examples: new Map() });
const real = readFileSync(fileURLToPath(new URL('../../../docs/asyncapi.json', import.meta.url)), 'utf8');
const messages = planted['components']['messages'] as Any;

/** What the official parser says, by severity: 0 is an error, 1 a warning. It is given no way to the network. */
async function faults(document: object | string): Promise<string[]> {
  const parser = new Parser({ __unstable: { resolver: { cache: false, resolvers: [] } } });
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const { diagnostics } = await parser.parse(text);
  return diagnostics
    .filter(({ severity }) => [0, 1].includes(severity))
    .map(({ code, path }) => `${String(code)} at ${path.join('/')}`);
}

describe('the AsyncAPI document', () => {
  it('is valid, as the official parser reads it, which finds what is wrong', async () => {
    expect(await faults(real)).toEqual([]);
    expect(await faults(planted)).toEqual([]);
    const broken = structuredClone(planted);
    delete broken['components']['messages']['bidding.auction.ended.v1'];
    expect(await faults(broken)).toContainEqual(expect.stringContaining('invalid-ref'));
    const invalid = structuredClone(planted);
    invalid['operations']['bidding.commands']['action'] = 'listen';
    expect(await faults(invalid)).not.toEqual([]);
  }, 120_000);

  it('has a channel for every topic, with its partitions and how long it keeps what', () => {
    const channels = (JSON.parse(real) as Any)['channels'] as Any;
    expect(Object.keys(channels).toSorted()).toEqual(catalogue.topics.map(({ topic }) => topic).toSorted());
    expect(planted['channels']['bidding.commands']).toMatchObject({
      address: 'bidding.commands',
      bindings: { kafka: { partitions: 16, topicConfiguration: { 'retention.ms': -1 } } },
    });
    expect(planted['channels']['bidding.rules.v1']['bindings']['kafka']['topicConfiguration']).toEqual({
      'cleanup.policy': ['compact'],
    });
  });

  it('has every message that is declared for a topic, on its own channel, and no other', () => {
    const document = JSON.parse(real) as Any;
    const travelling = catalogue.declared.filter((d) => 'topic' in d);
    expect(travelling.length).toBeGreaterThan(80);
    for (const { topic, type } of travelling) {
      expect(Object.keys(document['channels'][topic]['messages'] as Any)).toContain(type);
    }
    const known = [...travelling.map(({ type }) => type), 'platform.answer.v1', 'platform.clock.v1'];
    expect(Object.keys(document['components']['messages'] as Any).toSorted()).toEqual(known.toSorted());
  });

  it('says in both languages what each message means', () => {
    for (const [type, message] of Object.entries((JSON.parse(real) as Any)['components']['messages'] as Any)) {
      expect(`${type}: ${String((message as Any)['summary'])}`).toMatch(/[\u4e00-\u9fff].* · .*[A-Za-z]/s);
    }
  });

  it('is the same byte by byte each time', () => {
    expect(asyncapi({ declared, topics }, { version: '1.2.3', examples: new Map() })).toEqual(planted);
  });
});

describe('a command', () => {
  const bid = messages['bidding.auction.place-bid.v1'] as Any;

  it('stands in its envelope, with its type, its key and its data', () => {
    const [envelope, own] = bid['payload']['allOf'] as Any[];
    expect(envelope).toEqual({ $ref: '#/components/schemas/CommandEnvelope' });
    expect(own!['properties']).toEqual({
      type: { type: 'string', const: 'bidding.auction.place-bid.v1' },
      key: { $ref: '#/components/schemas/SaleId' },
      data: { type: 'object', properties: { amountFen: { type: 'string' } }, required: ['amountFen'] },
    });
    expect(planted['components']['schemas']['CommandEnvelope']['required']).toEqual(
      expect.arrayContaining(['id', 'idempotencyKey', 'type', 'key', 'principal']),
    );
  });

  it('has the key of its aggregate, no header, and says who may send it and how it is refused', () => {
    expect(bid).toMatchObject({
      summary: '报价 · Bid',
      bindings: { kafka: { key: { $ref: '#/components/schemas/SaleId' } } },
      headers: { $ref: '#/components/schemas/NoHeaders' },
      'x-key': 'saleId',
      'x-permission': ['bidder'],
      'x-route': 'POST /v1/auctions/:saleId/bids',
      'x-asked-by': ['listings'],
      'x-refusals': ['bid-too-low'],
    });
    expect(planted['operations']['bidding.commands']['action']).toBe('receive');
  });
});

describe('an event', () => {
  const ended = messages['bidding.auction.ended.v1'] as Any;

  it('is a CloudEvent whose subject is its key', () => {
    const [envelope, own] = ended['payload']['allOf'] as Any[];
    expect(envelope).toEqual({ $ref: '#/components/schemas/CloudEvent' });
    expect(own!['properties']).toMatchObject({
      type: { const: 'bidding.auction.ended.v1' },
      source: { const: '/bidding' },
      subject: { $ref: '#/components/schemas/SaleId' },
    });
    expect(ended).toMatchObject({
      contentType: 'application/cloudevents+json',
      bindings: { kafka: { key: { $ref: '#/components/schemas/SaleId' } } },
      summary: '共 {bids} 次报价。 · {bids} quotes.',
      'x-audience': 'desk',
    });
  });

  it('shows what the log holds of it', () => {
    const shown = ((JSON.parse(real) as Any)['components']['messages']['bidding.auction.ended.v1'] as Any)['examples'];
    const sample = new URL('../../../docs/events/bidding.auction.ended.v1.sample.json', import.meta.url);
    expect(shown).toEqual([
      { name: 'sample', payload: JSON.parse(readFileSync(fileURLToPath(sample), 'utf8')) as object },
    ]);
  });
});

it('a table is sent by its owner and says that no value deletes a key', () => {
  expect(messages['bidding.rules.v1']).toMatchObject({
    summary: expect.stringContaining('no value deletes it'),
    payload: { type: 'object', required: ['text'] },
  });
  expect(planted['operations']['bidding.rules.v1']['action']).toBe('send');
});
