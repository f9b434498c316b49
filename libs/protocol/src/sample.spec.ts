import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { catalogue } from './catalogue.ts';
import { sample } from './sample.ts';
import { samplePattern } from './sample-pattern.ts';

describe('a sample', () => {
  it('fits every schema that is declared', () => {
    const schemas = catalogue.declared.flatMap((d) =>
      ['data', 'answer', 'params', 'body', 'item'].flatMap((field) => (d as never)[field] ?? []),
    ) as z.ZodType[];
    expect(schemas.length).toBeGreaterThan(100);
    for (const schema of schemas) expect(schema.safeParse(sample(schema))).toMatchObject({ success: true });
  });

  it('is the same every time, has every field, and speaks in examples first', () => {
    const schema = z.object({
      amountFen: z.string().meta({ examples: ['12680000050', '1'] }),
      note: z.string().min(6).max(8).optional(),
      until: z.iso.date().nullable(),
      weights: z.array(z.int().min(3)).min(2),
      by: z.record(z.string().regex(/^[a-c]{2}$/), z.boolean()),
      pair: z.tuple([z.literal('x'), z.enum(['up', 'down'])]),
      limit: z.coerce.number().int().min(1).max(100).default(20),
      choice: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('a'), n: z.number() }),
        z.object({ kind: z.literal('b') }),
      ]),
    });
    expect(sample(schema)).toEqual({
      amountFen: '12680000050',
      note: 'note..',
      until: '2026-11-24',
      weights: [3, 3],
      by: { aa: true },
      pair: ['x', 'up'],
      limit: 20,
      choice: { kind: 'a', n: 1 },
    });
    expect(sample(schema)).toEqual(sample(schema));
  });

  it('keeps the examples of what transforms', () => {
    const schema = z
      .string()
      .transform((s) => s.trim())
      .pipe(z.string().regex(/^K\d$/))
      .meta({ examples: ['K7'] });
    expect(sample(z.object({ schema }))).toEqual({ schema: 'K7' });
  });

  it('that would not fit asks for an example', () => {
    const even = z.object({ count: z.int().refine((n) => n % 2 === 0, 'must be even') });
    expect(() => sample(even)).toThrow(/give the schema an example:\n.*must be even/s);
  });
});

describe('a text for a pattern', () => {
  it.each([
    ['^(0|[1-9]\\d{0,15})$', '0'],
    ['^[0-9a-f]{4}-(?:x|y)+z?\\.$', '0000-x.'],
    ['^\\d{1,15}_[\\w-]{2,}$', '1_aa'],
    ['^[\\]a]*?b\\/$', 'b/'],
    ['^(?<year>\\d{4})年 ?.$', '1111年a'],
  ])('%s is %s', (pattern, text) => {
    expect(samplePattern(pattern)).toBe(text);
    expect(text).toMatch(new RegExp(pattern));
  });

  it.each(['^(?=a)a$', '^\\p{Lu}$', '^[^a]$', '^(a)\\1$', '^a)$'])(
    '%s cannot be followed, and asks for an example',
    (pattern) => {
      expect(() => samplePattern(pattern)).toThrow('give the schema an example');
    },
  );
});
