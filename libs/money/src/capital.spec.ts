import * as fc from 'fast-check';
import { toCapital, toRmbCapital } from './capital.ts';
import { fen, MAX_FEN } from './fen.ts';

const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const UNITS: Record<string, bigint> = { 拾: 10n, 佰: 100n, 仟: 1_000n };

/** A naive reader, written from the rules and not from the writer: groups of four digits below 亿 and 万. */
function readGroup(text: string): bigint {
  let [sum, digit] = [0n, 0n];
  for (const sign of text) {
    if (sign in UNITS) [sum, digit] = [sum + (digit || 1n) * UNITS[sign]!, 0n];
    else digit = BigInt(DIGITS.indexOf(sign));
  }
  return sum + digit;
}
function readYuan(text: string): bigint {
  for (const [sign, unit] of [
    ['亿', 100_000_000n],
    ['万', 10_000n],
  ] as const) {
    const at = text.lastIndexOf(sign);
    if (at >= 0) return readYuan(text.slice(0, at)) * unit + readYuan(text.slice(at + 1));
  }
  return readGroup(text);
}
function readCapital(text: string): bigint {
  const [, yuan, jiao = '零', cents = '零'] = /^(?:(.+)元)?零?(?:(.)角)?(?:(.)分)?整?$/.exec(text) ?? [];
  const small = BigInt(DIGITS.indexOf(jiao) * 10 + DIGITS.indexOf(cents));
  return readYuan(yuan ?? '零') * 100n + small;
}

describe('an amount in capital characters', () => {
  it.each([
    ['STACK §12', '1268000.5', '壹佰贰拾陆万捌仟元伍角'],
    ['STACK §12', '100', '壹佰元整'],
    ['STACK §12', '10005.07', '壹万零伍元零柒分'],
    ['rules for vouchers, art. 3 (1)', '1409.50', '壹仟肆佰零玖元伍角'],
    ['rules for vouchers, art. 3 (2)', '6007.14', '陆仟零柒元壹角肆分'],
    ['rules for vouchers, art. 3 (3)', '1680.32', '壹仟陆佰捌拾元叁角贰分'],
    ['rules for vouchers, art. 3 (3)', '107000.53', '壹拾万柒仟元伍角叁分'],
    ['rules for vouchers, art. 3 (4)', '16409.02', '壹万陆仟肆佰零玖元零贰分'],
    ['rules for vouchers, art. 3 (4)', '325.04', '叁佰贰拾伍元零肆分'],
    ['no yuan', '0.07', '柒分'],
    ['nothing', '0', '零元整'],
    ['ten', '10', '壹拾元整'],
    ['a zero between groups', '100000001', '壹亿零壹元整'],
    ['the largest', '90000000000000', '玖拾万亿元整'],
  ])('%s: %s is %s', (_, amount, expected) => {
    expect(toCapital(fen(amount))).toBe(expected);
    expect(toRmbCapital(fen(amount))).toBe(`人民币${expected}`);
    expect(readCapital(expected)).toBe(fen(amount));
  });

  it('is read back to the fen by a naive reader', () => {
    const large = fc.bigInt({ min: 0n, max: MAX_FEN });
    const small = fc.bigInt({ min: 0n, max: 10_000_000n });
    fc.assert(
      fc.property(fc.oneof(large, small), (amount) => expect(readCapital(toCapital(amount))).toBe(amount)),
      { numRuns: 1000 },
    );
  });

  it('never says two zeros in a row, and 整 only after whole yuan', () => {
    const amounts = fc.bigInt({ min: 0n, max: MAX_FEN });
    fc.assert(
      fc.property(amounts, (amount) => {
        const text = toCapital(amount);
        expect(text).not.toMatch(/零零/);
        expect(text.endsWith('整')).toBe(amount % 100n === 0n);
      }),
    );
  });

  it('exists only within the bounds of an amount', () => {
    expect(() => toCapital(-1n)).toThrow(RangeError);
    expect(() => toCapital(MAX_FEN + 1n)).toThrow(RangeError);
  });
});
