import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type FormValue, readForm } from './form.ts';

const plain = (value: FormValue): unknown =>
  typeof value === 'string'
    ? value
    : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));

/** What the stripe package does to parameters before it sends them. */
function write(value: unknown, name = ''): string[] {
  if (typeof value === 'string') return [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`];
  return Object.entries(value as object).flatMap(([key, part]) => write(part, name ? `${name}[${key}]` : key));
}

describe('form encoding', () => {
  it('reads nested brackets and lists with and without an index', () => {
    const text = 'amount=100&metadata[lot]=7&line_items[0][quantity]=2&expand[]=a&expand[]=b&empty=';
    expect(plain(readForm(text))).toEqual({
      amount: '100',
      metadata: { lot: '7' },
      line_items: { 0: { quantity: '2' } },
      expand: { 0: 'a', 1: 'b' },
      empty: '',
    });
  });

  it('reads percent-encoded names, plus signs and Chinese', () => {
    expect(plain(readForm('metadata%5Btitle%5D=%E4%B8%93%E5%88%A9+A%2BB'))).toEqual({
      metadata: { title: '专利 A+B' },
    });
  });

  it('does not let a name reach the prototype of anything', () => {
    readForm('__proto__[polluted]=yes&constructor[prototype][polluted]=yes');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('reads back whatever nested parameters the client writes', () => {
    const name = fc.stringMatching(/^[a-z_]{1,8}$/);
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.dictionary(name, fc.oneof({ depthSize: 'small' }, fc.string(), tie('tree')), { minKeys: 1, maxKeys: 3 }),
    }));
    fc.assert(
      fc.property(tree, (params) => {
        expect(plain(readForm(write(params).join('&')))).toEqual(JSON.parse(JSON.stringify(params)));
      }),
    );
  });
});
