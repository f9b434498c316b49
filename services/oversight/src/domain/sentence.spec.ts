import { describe, expect, it } from '@jest/globals';
import { depositStuck } from '@yuzhi/protocol/bidding';
import { declarations } from '@yuzhi/protocol/catalogue';
import { z } from 'zod';
import { partiesOf, sentenceOf } from './sentence.ts';

const names: Record<string, string> = { '91410100DEM000014P': '演示数据·中原大学' };
const nameOf = (party: string) => names[party] ?? party;
const said = (zh: string, data: Record<string, unknown>, en = zh) => sentenceOf({ sentence: { zh, en } }, data, nameOf);

describe('a sentence of the record', () => {
  it('says amounts, names, times and words in both languages', () => {
    const data = {
      priceFen: '24500000',
      seller: '91410100DEM000014P',
      until: Date.parse('2026-12-08T24:00:00+08:00'),
      paddle: 2,
    };
    const zh = '{paddle} 号以 {priceFen:fen} 成交，公示至 {until:time}，转让方 {seller:party}。';
    const en = 'Paddle {paddle} at {priceFen:fen} until {until:time}, seller {seller:party}.';
    expect(said(zh, data, en)).toEqual({
      zh: '2 号以 ¥245,000.00 成交，公示至 2026-12-09 00:00:00，转让方 演示数据·中原大学。',
      en: 'Paddle 2 at CNY 245,000.00 until 2026-12-09 00:00:00, seller 演示数据·中原大学.',
    });
  });

  it('shows that something is not there, and takes nobody for a placeholder', () => {
    expect(said('{priceFen:fen} {paddle} {gone}', { priceFen: null, paddle: undefined }).zh).toBe('— — —');
    expect(said('{reason}', { reason: '{seller:party}' }).zh).toBe('{seller:party}');
    expect(said('{zero} {list}', { zero: 0, list: ['x'] }).zh).toBe('0 —');
  });

  it('says a code as a word, where it has one', () => {
    expect(said('{period:term}', { period: 'timed' })).toEqual({ zh: '限时报价期', en: 'timed quoting period' });
    expect(said('{period:term}', { period: 'sealed' }).zh).toBe('sealed');
  });

  it.each([
    [
      'internal-fault',
      '平台内部错误，该请求已留存待修复。',
      'The platform failed on this request; it is kept for repair.',
    ],
    ['unanswered', '托管一天内未答复。', 'Escrow did not answer within a day.'],
  ])('says why a deposit is stuck: %s', (reason, zh, en) => {
    expect(sentenceOf(depositStuck, { party: '91410100DEM000014P', reason }, nameOf)).toEqual({
      zh: `演示数据·中原大学 的保证金受阻：${zh}`,
      en: `The deposit of 演示数据·中原大学 is stuck: ${en}`,
    });
  });

  it('names a party that nobody knows by its id', () => {
    expect(said('{seller:party}', { seller: 'somebody' }).zh).toBe('somebody');
  });
});

describe('the parties of a sale', () => {
  it('are whom an event names as seller, buyer and payees', () => {
    expect(partiesOf({ seller: 'S', buyer: 'B', payees: ['S', 'I'] })).toEqual(['S', 'B', 'S', 'I']);
    expect(partiesOf({ seller: 'S', buyer: null, payees: 'not a list' })).toEqual(['S']);
    expect(partiesOf({ party: 'P', winner: 'W' })).toEqual([]);
  });
});

describe('every event of the platform', () => {
  const events = declarations('event').map((event) => [event.type, event] as const);
  const shapeOf = (data: z.ZodType) => (data as z.ZodObject).shape;

  it.each(events)('%s fills its sentence with its own data', (_, { sentence, data }) => {
    const placeholders = [...`${sentence.zh} ${sentence.en}`.matchAll(/\{([^}]*)\}/g)].map(([, text]) => text!);
    const wrong = placeholders.filter((text) => {
      const [, field = ''] = /^(\w+)(?::(?:fen|party|time|term))?$/.exec(text) ?? [];
      return !(field in shapeOf(data));
    });
    expect(wrong).toEqual([]);
  });

  it.each(events)('%s shows no code of a closed list', (_, { sentence, data }) => {
    for (const [, field, kind] of `${sentence.zh} ${sentence.en}`.matchAll(/\{(\w+)(?::(\w+))?\}/g)) {
      const schema = shapeOf(data)[field!];
      if (!(schema instanceof z.ZodEnum)) continue;
      expect([field, kind]).toEqual([field, 'term']);
      for (const code of schema.options) expect(said(`{${field}:term}`, { [field!]: code }).zh).toMatch(/\p{sc=Han}/u);
    }
  });

  it('for one party says which', () => {
    const without = events.filter(([, { audience, data }]) => audience === 'self' && !('party' in shapeOf(data)));
    expect(without.map(([type]) => type)).toEqual([]);
  });
});
