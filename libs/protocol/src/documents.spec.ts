import { describe, expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { catalogue } from './catalogue.ts';
import { command, type Declared, event, refusal } from './declare.ts';
import { documents, type Files } from './documents.ts';

const options = { url: '/', version: '1.2.3' };
const sold = (data: z.ZodType, version = 1) =>
  event(`listings.listing.sold.v${version}`, {
    key: 'saleId',
    data,
    sentence: { zh: '已成交', en: 'Sold.' },
    audience: 'public',
  });
const shape = { saleId: z.uuid(), priceFen: z.string().meta({ examples: ['100'] }) };
const close = (service: string, en: string) =>
  command(`${service}.listing.close.v1`, {
    summary: { zh: '关闭', en: 'Close' },
    permission: 'anyone',
    key: 'saleId',
    keyType: z.uuid(),
    data: z.object({}),
    answer: z.object({}),
    rejections: { 'already-closed': refusal(409, ['已关闭', en], ['无需操作', 'Nothing to do.']) },
    askedBy: ['contracts'],
  });
const written = (declared: Declared[], committed: Files = new Map()): Files =>
  documents(
    {
      declared,
      topics: [
        { topic: 'listings.events', partitions: 4 },
        { topic: 'listings.commands', partitions: 8 },
      ],
    },
    committed,
    options,
  );
const SAMPLE = 'events/listings.listing.sold.v1.sample.json';

describe('the committed samples', () => {
  it('are still read by the declarations', () => {
    const docs = fileURLToPath(new URL('../../../docs/', import.meta.url));
    const paths = globSync('events/*.sample.json', { cwd: docs });
    const committed = new Map(paths.map((path) => [path, readFileSync(docs + path, 'utf8')]));
    expect(committed.size).toBeGreaterThan(20);
    const files = documents(catalogue, committed, options);
    for (const [path, text] of committed) expect(files.get(path)).toBe(text);
  });
});

describe('a golden sample', () => {
  const first = written([sold(z.object(shape))]);

  it('is made once and then stands, also when the event gains a field', () => {
    const grown = sold(z.object({ ...shape, paddle: z.int().optional() }));
    expect(JSON.parse(first.get(SAMPLE)!)).toMatchObject({
      type: 'listings.listing.sold.v1',
      source: '/listings',
      data: { priceFen: '100' },
    });
    expect(written([grown], first).get(SAMPLE)).toBe(first.get(SAMPLE));
    expect(written([grown]).get(SAMPLE)).not.toBe(first.get(SAMPLE));
  });

  it('refuses a change that could not read the log any more, and names the way out', () => {
    const changed = [sold(z.object({ ...shape, paddle: z.int() }))];
    expect(() => written(changed, first)).toThrow(
      /listings\.listing\.sold\.v1 no longer reads.*declare a new version.*docs\/events.*\n.*paddle/s,
    );
    expect(() => written([sold(z.object(shape), 2)], first)).toThrow('listings.listing.sold.v1 is no longer declared');
  });

  it('carries the key as its subject', () => {
    const { subject, data, saleid } = JSON.parse(first.get(SAMPLE)!) as Record<string, never>;
    expect([subject, saleid]).toEqual([data!['saleId'], data!['saleId']]);
  });
});

describe('the pages', () => {
  const pages = written([sold(z.object(shape)), close('listings', 'Closed already.')]);

  it('list every topic with its partitions, retention, key and types', () => {
    const topics = pages.get('topics.md')!;
    expect(topics).toContain('| `listings.events` | 4 | kept | `saleId` |');
    expect(topics).toContain('- `listings.listing.sold.v1` (public): 已成交 · Sold.');
    expect(topics).toContain('- `listings.listing.close.v1` (internal; asked by contracts): 关闭 · Close');
  });

  it('list every refusal with its status, both languages and the next step', () => {
    expect(pages.get('refusals.md')).toContain(
      '## listings\n\n### `already-closed` · 409\n\n已关闭 Closed already.\n\n→ 无需操作 Nothing to do.',
    );
    expect(pages.get('refusals.md')).toContain('### `log-unavailable` · 503 · 可稍后重试 · may succeed later');
  });

  it('refuse two meanings of one code in one service', () => {
    const two = [close('listings', 'Closed already.'), close('listings', 'It is shut.')];
    expect(() => written(two)).toThrow('listings has two meanings of already-closed');
    expect(() => written([two[0]!, close('escrow', 'It is shut.')])).not.toThrow();
  });

  it('hold a schema of every event', () => {
    const schema = JSON.parse(pages.get('events/listings.listing.sold.v1.schema.json')!) as Record<string, any>;
    expect(schema['properties']['type']).toEqual({ type: 'string', const: 'listings.listing.sold.v1' });
    expect(schema['properties']['data']['required']).toEqual(['saleId', 'priceFen']);
  });
});
