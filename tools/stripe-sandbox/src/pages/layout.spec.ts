import { describe, expect, it } from '@jest/globals';
import { escaped, localeOf } from './layout.ts';

describe('the language of a page', () => {
  it.each([
    ['en', 'zh', 'zh-CN', 'en'],
    ['zh-HK', null, 'en', 'zh'],
    [undefined, 'en', 'zh-CN', 'en'],
    [undefined, 'auto', 'en-GB,zh;q=0.5', 'en'],
    [undefined, null, 'zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    [undefined, null, 'fr-FR,en;q=0.5', 'en'],
    [undefined, null, 'fr-FR', 'zh'],
    [undefined, null, undefined, 'zh'],
    [['en', 'zh'], null, undefined, 'zh'],
  ])('asked %j, preset %j, browser %j is %s', (asked, preset, accepts, locale) => {
    expect(localeOf(asked, preset, accepts)).toBe(locale);
  });
});

describe('text on a page', () => {
  it('cannot leave the place it stands in', () => {
    expect(escaped(`"'><script>&`)).toBe('&quot;&#39;&gt;&lt;script&gt;&amp;');
  });
});
