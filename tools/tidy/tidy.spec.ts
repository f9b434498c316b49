import { describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coverageAdvice, docstringAdvice } from './advice.ts';
import { readSources, sourceFile } from './source-file.ts';
import { findings, printed } from './tidy.ts';

const SOURCE = 'services/escrow/src/payouts.ts';
const SPEC = 'services/escrow/src/payouts.spec.ts';
const lines = (count: number, line = 'void 0;') => Array<string>(count).fill(line).join('\n');
const fired = (path: string, text: string) =>
  findings([sourceFile(path, text)]).map(({ rule, line }) => `${rule}:${line}`);

const PLANTED: [finding: string, path: string, text: string][] = [
  ['file-length:301', SOURCE, `${lines(301)}\n`],
  ['file-length:501', SPEC, `${lines(501)}\n`],
  ['line-length:2', SOURCE, `\n// ${'x'.repeat(118)}`],
  ['line-length:1', 'libs/database/src/platform.sql', `-- ${'x'.repeat(118)}`],
  ['folder-name:1', 'services/escrow/src/utils/dates.ts', ''],
  ['folder-name:1', 'libs/money/src/dto/price.ts', ''],
  ['file-name:1', 'libs/money/src/roundingMode.ts', ''],
  ['file-name:1', 'libs/money/src/Money/round.ts', ''],
  ['barrel:1', 'libs/money/src/index.ts', "export { fen } from './fen.ts';\nexport const more = 1;"],
  ['barrel:1', 'libs/money/src/money.ts', "export * from './fen.ts';"],
  ['unfinished:2', SOURCE, '\n// TODO: round down'],
  ['unfinished:1', SOURCE, '/** FIXME later */\nexport const x = 1;'],
  ['commented-out:1', SOURCE, '// const fee = price * 2n;'],
  ['commented-out:2', SOURCE, '/*\n * return await pay(order);\n */'],
  ['commented-out:1', SOURCE, '// if (paid) {\nconst x = 1;'],
  ['commented-out:1', SOURCE, "// import { pay } from './pay.ts';"],
  ['commented-out:1', SOURCE, '// ledger.post(entry);'],
  ['column-type:1', 'services/escrow/prisma/schema.prisma', '  rate Decimal'],
  ['column-type:1', 'services/escrow/prisma/migrations/1_init/migration.sql', 'fee_fen numeric(12, 2) not null'],
  ['function-length:1', SOURCE, `export function pay() {\n${lines(59)}\n}`],
  ['function-length:1', SOURCE, `export const pay = () => {\n${lines(59)}\n};`],
  ['function-length:2', SOURCE, `class Payouts {\n  pay() {\n${lines(59)}\n  }\n}`],
  ['function-length:1', SPEC, `function prepare() {\n${lines(59)}\n}`],
  ['constructor-length:1', SOURCE, 'class P { constructor(a: A, b: B, c: C, d: D, e: E, f: F) {} }'],
  ['money-as-number:1', SOURCE, 'interface Fee { feeFen: number }'],
  ['money-as-number:1', SOURCE, 'const pay = (netAmount: number | null) => netAmount;'],
  ['money-as-number:1', SOURCE, 'let amount: number;'],
  ['float:1', SOURCE, 'const shown = (fen / 100).toFixed(2);'],
  ['float:1', SOURCE, 'const yuan = parseFloat(text);'],
  ['environment:1', SOURCE, 'const url = process.env.DATABASE_URL;'],
  ['environment:1', 'services/escrow/src/main.ts', "const url = process.env['DATABASE_URL'];"],
  ['name:1', SOURCE, 'interface IPayout {}'],
  ['name:1', SOURCE, 'class PayoutImpl {}'],
  ['test-name:1', SPEC, "it('should work', () => {});"],
  ['test-name:1', SPEC, "test('works', () => {});"],
];

const LEFT_ALONE: [what: string, path: string, text: string][] = [
  ['a file of exactly 300 lines', SOURCE, `${lines(300)}\n`],
  ['a list of declarations of 500 lines', 'libs/protocol/src/escrow.ts', `${lines(500)}\n`],
  ['a test of exactly 500 lines', SPEC, `${lines(500)}\n`],
  ['120 Chinese characters', SOURCE, `// ${'豫'.repeat(117)}`],
  ['a file of several kinds', 'services/escrow/src/stripe.rail.int.spec.ts', ''],
  ['a migration with its number', 'services/escrow/prisma/migrations/1_init/migration.sql', 'fee_fen bigint not null'],
  ['a re-export beside code', 'libs/money/src/fen.ts', "export { rate } from './rate.ts';\nexport const fen = 1n;"],
  ['a word of unfinished work in a string', SOURCE, "const word = 'TODO';"],
  ['prose that mentions code', SOURCE, '// Returns `null` if (and only if) nothing was paid; see pay().'],
  ['prose that ends in a brace', SOURCE, '/** One of {saleId, orderId}. */\nexport type Key = string;'],
  ['an example in a docstring', SOURCE, "/** `fen('12.34') === 1234n` */\nexport const fen = 1;"],
  ['a slash inside of a string', SOURCE, "const url = 'http://x'; // const of nature"],
  ['a function of exactly 60 lines', SOURCE, `export function pay() {\n${lines(58)}\n}`],
  ['a long table of data', SOURCE, `export const table = () => ({\n${lines(70, 'a: 1,')}\n});`],
  ['tests in their groups', SPEC, `describe('pay', () => {\n${lines(40, "it('pays', () => {\n});")}\n});`],
  ['a constructor of five', SOURCE, 'class P { constructor(a: A, b: B, c: C, d: D, e: E) {} }'],
  ['fen as bigint and as digits', SOURCE, 'interface Fee { feeFen: bigint; amountFen: string; weights: number }'],
  ['the adapter of a rail', 'services/escrow/src/stripe.rail.ts', 'const toFen = (amount: number) => BigInt(amount);'],
  ['a duration with decimals', 'libs/backing/src/steps.ts', 'const shown = (ms / 1000).toFixed(1);'],
  ['what only proves', 'journeys/src/demo.ts', 'const shown = (ms / 1000).toFixed(1);'],
  ['the config file', 'services/escrow/src/escrow.config.ts', 'const url = process.env.DATABASE_URL;'],
  ['a test that reads the environment', SPEC, 'const url = process.env.DATABASE_URL;'],
  ['a name that begins with I', SOURCE, 'interface Item {}\ninterface Id {}\ninterface IPC {}'],
  ['a sentence of behaviour', SPEC, "it('refuses a bid below the next step', () => {});"],
];

describe('tidy', () => {
  it.each(PLANTED)('finds %s in %s', (finding, path, text) => {
    expect(fired(path, text)).toEqual([finding]);
  });

  it.each(LEFT_ALONE)('leaves %s alone', (_, path, text) => {
    expect(fired(path, text)).toEqual([]);
  });

  it('names the place, the rule and what mends it', () => {
    const [finding] = findings([sourceFile(SOURCE, 'let amount: number;')]);
    const says = 'amount is money: bigint fen in memory, a digit string on the wire';
    expect(printed(finding!)).toBe(`services/escrow/src/payouts.ts:1 money-as-number: ${says}`);
  });

  it('reads what is written by hand, nothing else', () => {
    const root = mkdtempSync(join(tmpdir(), 'yuzhi-tidy-'));
    try {
      for (const folder of ['src/a', 'node_modules/b', 'dist', 'src/generated']) {
        mkdirSync(join(root, folder), { recursive: true });
        writeFileSync(join(root, folder, 'file.ts'), 'export {};\n');
      }
      writeFileSync(join(root, 'picture.svg'), '');
      expect(readSources(root).map(({ path }) => path)).toEqual(['src/a/file.ts']);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe('advice', () => {
  it('counts test lines against source lines in each lib and each domain', () => {
    const advice = coverageAdvice([
      sourceFile('libs/money/src/fen.ts', lines(10)),
      sourceFile('libs/money/src/fen.spec.ts', lines(9)),
      sourceFile('services/escrow/src/domain/ledger.ts', lines(5)),
      sourceFile('services/escrow/src/domain/ledger.spec.ts', lines(5)),
      sourceFile('services/escrow/src/escrow.module.ts', lines(50)),
    ]);
    expect(advice).toMatchObject([{ path: 'libs/money/', says: expect.stringContaining('9 lines of tests for 10') }]);
  });

  it('names the exports of a lib that have no docstring', () => {
    const text = '/** Known. */\nexport const a = 1;\nexport function b() {}\nconst c = 1;\nexport class D {}';
    expect(docstringAdvice([sourceFile('libs/money/src/fen.ts', text)]).map(({ says }) => says)).toEqual([
      'b has none',
      'D has none',
    ]);
    expect(docstringAdvice([sourceFile(SOURCE, text)])).toEqual([]);
  });
});
