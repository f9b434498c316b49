import * as fc from 'fast-check';
import {
  fen,
  isFen,
  isSignedFen,
  MAX_FEN,
  parseFen,
  parseSignedFen,
  parseYuan,
  toDigits,
  toSignedDigits,
} from './fen.ts';

const amounts = fc.bigInt({ min: 0n, max: MAX_FEN });

describe('an amount in fen as it travels', () => {
  it('is at most ¥90 trillion, of which a thousand fit a 64-bit column', () => {
    expect(MAX_FEN).toBe(9_000_000_000_000_000n);
    expect(1000n * MAX_FEN).toBeLessThan(2n ** 63n);
  });

  it('comes back as it was sent, whatever it is', () => {
    fc.assert(fc.property(amounts, (amount) => expect(parseFen(toDigits(amount))).toBe(amount)));
    const signed = fc.bigInt({ min: -MAX_FEN, max: MAX_FEN });
    fc.assert(fc.property(signed, (amount) => expect(parseSignedFen(toSignedDigits(amount))).toBe(amount)));
  });

  it.each([
    '',
    ' ',
    '00',
    '01',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x10',
    '１２',
    '1 ',
    'NaN',
    '9000000000000001',
    '1'.repeat(99),
  ])('is not %j', (text) => {
    expect(isFen(text)).toBe(false);
    expect(() => parseFen(text)).toThrow(RangeError);
  });

  it('has one zero, and a sign only where it is asked for', () => {
    expect(isSignedFen('-0')).toBe(false);
    expect(isSignedFen('+1')).toBe(false);
    expect(isSignedFen('-9000000000000001')).toBe(false);
    expect([parseSignedFen('0'), parseSignedFen('-9000000000000000'), parseFen('9000000000000000')]).toEqual([
      0n,
      -MAX_FEN,
      MAX_FEN,
    ]);
    expect(() => parseSignedFen('-01')).toThrow('not a signed amount in fen');
  });

  it('is never written when it is out of bounds', () => {
    expect(() => toDigits(-1n)).toThrow(RangeError);
    expect(() => toDigits(MAX_FEN + 1n)).toThrow(RangeError);
    expect(() => toSignedDigits(MAX_FEN + 1n)).toThrow(RangeError);
    expect(() => toSignedDigits(-MAX_FEN - 1n)).toThrow(RangeError);
    expect(toSignedDigits(-1n)).toBe('-1');
  });
});

describe('yuan as a person writes them', () => {
  it.each([
    ['12.34', 1_234n],
    ['0', 0n],
    ['0.01', 1n],
    ['007', 700n],
    ['12.340000', 1_234n],
    ['¥1,268,000.50', 126_800_050n],
    ['￥１，２６８，０００．５０', 126_800_050n],
    ['126.8 万元', 126_800_000n],
    ['126.8万', 126_800_000n],
    ['1.268 亿元', 12_680_000_000n],
    ['0.000001亿', 10_000n],
    ['9800元', 980_000n],
    [' 9 800 ', 980_000n],
    ['90000000000000', MAX_FEN],
    ['900000亿', MAX_FEN],
  ])('%s is %d fen', (text, expected) => expect(parseYuan(text)).toBe(expected));

  it.each([
    ['nothing', ''],
    ['no digit', '元'],
    ['a negative amount', '-1'],
    ['a part of a fen', '0.001'],
    ['a part of a fen of 万', '0.0000001万'],
    ['a part of a fen of 亿', '0.00000000001亿'],
    ['two units', '1万亿'],
    ['a foreign currency', '$1'],
    ['a wrong grouping', '12,34'],
    ['a grouping that starts late', '1234,567'],
    ['two points', '1.2.3'],
    ['a point without digits', '1.'],
    ['an exponent', '1e5'],
    ['more than the platform handles', '90000000000000.01'],
    ['more than the platform handles, in 亿', '900000.0000000001亿'],
    ['more digits than there is money', '9'.repeat(19)],
  ])('refuses %s', (_, text) => {
    expect(parseYuan(text)).toBeUndefined();
    expect(() => fen(text)).toThrow(`not an amount in yuan: ${text}`);
  });

  it('are read without rounding, as integer arithmetic has it', () => {
    const parts = fc.record({
      yuan: fc.bigInt({ min: 0n, max: MAX_FEN / 100n - 1n }),
      cents: fc.integer({ min: 0, max: 99 }),
    });
    fc.assert(
      fc.property(parts, ({ yuan, cents }) => {
        expect(fen(`${yuan}.${String(cents).padStart(2, '0')}`)).toBe(yuan * 100n + BigInt(cents));
      }),
    );
  });
});
