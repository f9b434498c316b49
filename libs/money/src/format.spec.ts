import * as fc from 'fast-check';
import { fen, MAX_FEN, parseYuan } from './fen.ts';
import { formatExact, formatShort, formatWan, formatYuan } from './format.ts';

describe('the exact form', () => {
  it.each([
    ['0', '¥0.00', 'CNY 0.00'],
    ['0.05', '¥0.05', 'CNY 0.05'],
    ['999.99', '¥999.99', 'CNY 999.99'],
    ['1000', '¥1,000.00', 'CNY 1,000.00'],
    ['1268000.50', '¥1,268,000.50', 'CNY 1,268,000.50'],
    ['90000000000000', '¥90,000,000,000,000.00', 'CNY 90,000,000,000,000.00'],
  ])('of %s', (amount, zh, en) => {
    expect(formatExact(fen(amount))).toBe(zh);
    expect(formatExact(fen(amount), 'en')).toBe(en);
    expect(formatYuan(fen(amount))).toBe(zh.slice(1));
  });

  it('is read back to the fen', () => {
    const amounts = fc.bigInt({ min: 0n, max: MAX_FEN });
    fc.assert(fc.property(amounts, (amount) => expect(parseYuan(formatExact(amount))).toBe(amount)));
  });

  it('has a real minus, which is no hyphen', () => {
    expect(formatExact(-126_800_050n)).toBe('−¥1,268,000.50');
    expect(formatExact(-5n, 'en')).toBe('−CNY 0.05');
    expect(formatWan(-1_268_000_00n)).toBe('−126.80');
  });
});

describe('the short form', () => {
  it.each([
    ['0', '¥0', 'CNY 0'],
    ['9800', '¥9,800.00', 'CNY 9,800.00'],
    ['9999.99', '¥9,999.99', 'CNY 9,999.99'],
    ['10000', '¥1.00 万元', 'CNY 10,000.00'],
    ['1268000', '¥126.80 万元', 'CNY 1.268M'],
    ['126800000', '¥1.27 亿元', 'CNY 126.8M'],
    ['99999999.99', '¥1.00 亿元', 'CNY 100M'],
    ['99994999.99', '¥9,999.50 万元', 'CNY 99.995M'],
    ['1200000000', '¥12.00 亿元', 'CNY 1.2B'],
    ['999999999.99', '¥10.00 亿元', 'CNY 1B'],
    ['90000000000000', '¥900,000.00 亿元', 'CNY 90,000B'],
  ])('of %s switches at 1 万 and 1 亿', (amount, zh, en) => {
    expect(formatShort(fen(amount))).toBe(zh);
    expect(formatShort(fen(amount), 'en')).toBe(en);
  });

  it('of a column headed 万元 is rounded half up', () => {
    expect(['1268000.50', '50', '49.99', '0'].map((amount) => formatWan(fen(amount)))).toEqual([
      '126.80',
      '0.01',
      '0.00',
      '0.00',
    ]);
    expect(formatWan(fen('12345678'))).toBe('1,234.57');
  });

  it('agrees with what Intl makes of the same amount', () => {
    const intl = new Intl.NumberFormat('zh-CN', { notation: 'compact', maximumFractionDigits: 2 });
    expect(intl.format(1_268_000)).toBe('126.8万');
    expect(intl.format(126_800_000)).toBe('1.27亿');
  });
});
