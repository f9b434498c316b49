import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { strict } from './strict.ts';

const inner = z.object({ b: z.string().optional() });
const refuses = (schema: z.ZodType, value: unknown) => !strict(schema).safeParse(value).success;

describe('a strict schema', () => {
  it('refuses a field that an object does not declare, and takes those it does', () => {
    expect(refuses(inner, { b: 'x' })).toBe(false);
    expect(refuses(inner, { b: 'x', c: 1 })).toBe(true);
    expect(inner.safeParse({ c: 1 }).success).toBe(true);
  });

  it.each([
    ['an object in an object', z.object({ a: inner }), { a: {} }, { a: { c: 1 } }],
    ['a list', z.array(inner), [{}], [{ c: 1 }]],
    ['an optional', inner.optional(), undefined, { c: 1 }],
    ['a nullable', inner.nullable(), null, { c: 1 }],
    ['a default', inner.default({}), undefined, { c: 1 }],
    ['a record', z.record(z.string(), inner), { x: {} }, { x: { c: 1 } }],
    ['a tuple', z.tuple([inner], inner), [{}, {}], [{}, { c: 1 }]],
    ['a transform', inner.transform((o) => o.b), {}, { c: 1 }],
    ['a refinement', inner.refine((o) => o.b !== 'no'), {}, { c: 1 }],
    ['a union', z.union([inner, z.string()]), 'x', { c: 1 }],
    [
      'a discriminated union',
      z.discriminatedUnion('k', [z.object({ k: z.literal('p') }), z.object({ k: z.literal('q'), n: z.int() })]),
      { k: 'q', n: 1 },
      { k: 'p', n: 1 },
    ],
  ])('reaches into %s', (_, schema, good, bad) => {
    expect(refuses(schema, good)).toBe(false);
    expect(refuses(schema, bad)).toBe(true);
    expect(schema.safeParse(bad).success).toBe(true);
  });

  it('keeps checks, messages and what is declared as loose', () => {
    const rule = z.object({ n: z.int() }).refine(({ n }) => n > 0, 'must be above zero');
    expect(strict(rule).safeParse({ n: 0 }).error!.issues[0]!.message).toBe('must be above zero');
    expect(refuses(z.looseObject({ a: z.string() }), { a: '', anything: 1 })).toBe(false);
  });

  it('leaves the halves of an intersection as they are', () => {
    expect(refuses(z.intersection(z.object({ a: z.int() }), z.object({ b: z.int() })), { a: 1, b: 2 })).toBe(false);
  });

  it('follows an object that contains itself', () => {
    const Tree = z.object({
      name: z.string(),
      get children() {
        return z.array(Tree);
      },
    });
    expect(refuses(Tree, { name: 'a', children: [{ name: 'b', children: [] }] })).toBe(false);
    expect(refuses(Tree, { name: 'a', children: [{ name: 'b', children: [], c: 1 }] })).toBe(true);
  });
});
