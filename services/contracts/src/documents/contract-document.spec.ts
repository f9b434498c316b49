import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { escapeMarkup, parseMarkup } from './contract-document.ts';

describe('the markup of a contract', () => {
  it('becomes titles, headings, bilingual clauses, tables and signature boxes', () => {
    const markup = `
      # 合同 | Contract
      ## 第一条 标的 | Article 1 Subject
      1.1 转让。
      > 1.1 Transfer.
      | 号 / No. | 名 / Name |
      | 1 | 甲 |
      ! 甲方 | Party A | 张三 | 12345`;
    expect(parseMarkup(markup)).toEqual([
      { kind: 'title', zh: '合同', en: 'Contract' },
      { kind: 'heading', zh: '第一条 标的', en: 'Article 1 Subject' },
      { kind: 'clause', zh: '1.1 转让。', en: '1.1 Transfer.' },
      {
        kind: 'table',
        head: [
          { zh: '号', en: 'No.' },
          { zh: '名', en: 'Name' },
        ],
        rows: [['1', '甲']],
      },
      { kind: 'signature', role: { zh: '甲方', en: 'Party A' }, name: '张三', partyId: '12345' },
    ]);
  });

  it.each([
    ['a clause without its English', '只有中文'],
    ['English without its Chinese', '> only English'],
    ['a second English line', '中文\n> one\n> two'],
    ['a heading in one language', '## 第一条'],
    ['a row of another width', '| 号 / No. | 名 / Name |\n| 1 |'],
    ['an empty cell', '| 号 / No. | 名 / Name |\n| 1 |  |'],
    ['a signature box without an id', '! 甲方 | Party A | 张三'],
  ])('refuses %s', (_, markup) => expect(() => parseMarkup(markup)).toThrow(SyntaxError));

  it('lets no value be read as markup, in a cell, a clause or a signature box', () => {
    const value = fc
      .string({ unit: fc.constantFrom('\\', '|', '#', '>', '!', ' ', '甲', 'a', '/'), minLength: 1 })
      .filter((s) => s.trim() !== '');
    fc.assert(
      fc.property(value, (words) => {
        const safe = escapeMarkup(words);
        const blocks = parseMarkup(`${safe}\n> ${safe}\n| 一 / 1 | 二 / 2 |\n| ${safe} | x |\n! 甲 | A | ${safe} | id`);
        const held = words.trim();
        expect(blocks).toEqual([
          { kind: 'clause', zh: held, en: held },
          {
            kind: 'table',
            head: [
              { zh: '一', en: '1' },
              { zh: '二', en: '2' },
            ],
            rows: [[held, 'x']],
          },
          { kind: 'signature', role: { zh: '甲', en: 'A' }, name: held, partyId: 'id' },
        ]);
      }),
    );
  });

  it.each([[''], [null], [undefined], ['a\nb'], ['a\r'], [{}], [true]])('writes nothing for %p', (value) =>
    expect(() => escapeMarkup(value)).toThrow(TypeError),
  );
});
