import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { canonicalJson, sha256 } from './canonical-json.ts';
import type { Block } from './contract-document.ts';
import { contentHash, fillTemplate, renderTransferContract } from './contract-template.ts';
import { sampleContract } from './contract.fixture.ts';
import { TransferContractInput } from '../domain/transfer-contract.ts';

type Change = (contract: TransferContractInput) => void;
const changed = (change: Change) => {
  const contract = structuredClone(sampleContract());
  change(contract);
  return contract;
};
const wordsOf = (blocks: Block[], language: 'zh' | 'en') =>
  blocks.flatMap((b) => ('en' in b ? [b[language]] : [])).join('\n');
const textOf = (contract: TransferContractInput, language: 'zh' | 'en' = 'zh') =>
  wordsOf(renderTransferContract(contract).blocks, language);

const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const UNITS: Record<string, bigint> = { 拾: 10n, 佰: 100n, 仟: 1_000n };
/** Reads capitals back, by a way of its own: 壹佰贰拾陆万捌仟元伍角 → fen. */
function fenOf(capitals: string): bigint {
  let [total, section, digit] = [0n, 0n, 0n];
  let fen = 0n;
  for (const c of capitals.replace(/^人民币/, '')) {
    if (DIGITS.includes(c)) digit = BigInt(DIGITS.indexOf(c));
    else if (UNITS[c]) [section, digit] = [section + (digit || 1n) * UNITS[c], 0n];
    else if (c === '万') [total, section, digit] = [total + (section + digit) * 10_000n, 0n, 0n];
    else if (c === '亿') [total, section, digit] = [(total + section + digit) * 100_000_000n, 0n, 0n];
    else if (c === '元') [fen, total, section, digit] = [(total + section + digit) * 100n, 0n, 0n, 0n];
    else if (c === '角') [fen, digit] = [fen + digit * 10n, 0n];
    else if (c === '分') [fen, digit] = [fen + digit, 0n];
    else if (c !== '整') throw new Error(`not a capital amount: ${capitals}`);
  }
  return fen;
}
const figures = (text: string) => BigInt(text.replace(/[,.]/g, ''));

describe('the patent transfer contract', () => {
  it.each([
    [1, '75bcfe8cfaed777575753699a7816fe2f70af607193b080feb8d3d82360a6491'],
    [2, '065141659880a23c5cfda52c467a07c5afa752aa85bcd1182847506ddd8135d2'],
  ])('keeps the text of version %i for ever: change it by publishing another number', (version, hash) => {
    const source = readFileSync(new URL(`../../templates/patent-transfer/${version}.liquid`, import.meta.url));
    expect(sha256(source)).toBe(hash);
  });

  it('has twenty articles, numbered without a gap in both languages', () => {
    const headings = renderTransferContract(sampleContract()).blocks.filter((b) => b.kind === 'heading');
    const ones = ['', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    const numeral = (n: number) => (n < 10 ? ones[n] : `${n < 20 ? '' : ones[Math.floor(n / 10)]}十${ones[n % 10]}`);
    expect(headings.map((h) => h.zh.split(' ')[0])).toEqual(
      Array.from({ length: 20 }, (_, i) => `第${numeral(i + 1)}条`),
    );
    expect(headings.map((h) => h.en.split(' ')[1])).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 1)));
  });

  it.each(variants())('numbers its clauses one after the other within each article: %s', (_, contract) => {
    const { blocks } = renderTransferContract(contract);
    const numbers = blocks.flatMap((b) =>
      b.kind === 'clause' ? [/^(\d+)\.(\d+) /.exec(b.zh)?.slice(1).map(Number) ?? []] : [],
    );
    const english = blocks.flatMap((b) =>
      b.kind === 'clause' ? [/^(\d+)\.(\d+) /.exec(b.en)?.slice(1).map(Number) ?? []] : [],
    );
    expect(english).toEqual(numbers);
    const clauses = numbers.filter((n) => n.length > 0) as [number, number][];
    for (const [i, [article, clause]] of clauses.entries()) {
      const [lastArticle, lastClause] = clauses[i - 1] ?? [0, 0];
      expect([article, clause]).toEqual(clause === 1 ? [lastArticle + 1, 1] : [lastArticle, lastClause + 1]);
    }
  });

  it('says the published earnest money case: agreed 150,000 on 500,000, so 100,000 and a prepayment of 50,000', () => {
    const zh = textOf(sampleContract());
    expect(zh).toContain(
      '约定定金 ¥150,000.00 元。定金不得超过价款的 20%（《民法典》第五百八十六条）；故其中 ¥100,000.00 元',
    );
    expect(zh).toContain('超过部分 ¥50,000.00 元不产生定金效力，作为预付款');
    expect(zh).toContain('无权请求返还定金 ¥100,000.00 元；甲方有上述情形的，应当双倍返还，计 ¥200,000.00 元');
  });

  it('states every amount in figures and in capitals that agree, and parts that add up to the price', () => {
    const amounts = fc
      .tuple(fc.bigInt(3n, 900_000_000_000_000n), fc.nat(100), fc.nat(100), fc.integer({ min: 0, max: 10_000 }))
      .map(([price, deposit, agreed, capBps]) => ({
        priceFen: String(price),
        depositFen: String((price * BigInt(deposit)) / 200n),
        earnestMoney: agreed === 0 ? null : { agreedFen: String((price * BigInt(agreed)) / 200n || 1n) },
        terms: { ...sampleContract().terms, earnestCapBps: capBps },
      }));
    fc.assert(
      fc.property(amounts, (terms) => {
        const { blocks } = renderTransferContract({ ...sampleContract(), ...terms });
        const rows = blocks.flatMap((b) => (b.kind === 'table' && b.head[0]!.zh === '款项' ? b.rows : []));
        for (const [, amount, capitals] of rows) expect(fenOf(capitals!)).toBe(figures(amount!));
        const parts = rows.slice(0, -1).map((r) => figures(r[1]!));
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(BigInt(terms.priceFen));
        expect(figures(rows.at(-1)![1]!)).toBe(BigInt(terms.priceFen));
      }),
      { numRuns: 60 },
    );
  });

  it('says what is so of this sale and nothing of what is not', () => {
    const bare = Object.fromEntries(variants())['nothing optional']!;
    expect(textOf(bare)).toContain('双方未约定定金');
    expect(textOf(bare)).toContain('没有可抵作价款的保证金');
    expect(textOf(bare)).toContain('不存在任何实施许可、质押');
    expect(textOf(bare)).not.toContain('质权人');
    expect(textOf(bare, 'en')).toContain('No earnest money is agreed');
    const full = Object.fromEntries(variants())['a pledge and an open licence']!;
    expect(textOf(full)).toContain('首先用于向质权人提前清偿债务或者提存');
    expect(textOf(full, 'en')).toContain('withdraws it before filing');
    expect(textOf(sampleContract())).toContain('不低于转让净收入 70%');
    expect(textOf(sampleContract())).toContain(
      '转让净收入指价款扣除平台服务费和甲方在本条载明的成本。甲方载明的成本如下。',
    );
    expect(textOf(sampleContract())).not.toContain('不适用职务发明奖酬规则');
    expect(textOf(bare)).toContain('不适用职务发明奖酬规则，理由：发明人已另行结清奖酬。');
    const whole = changed((c) => Object.assign(c.inventorReward!, { netDeducts: [], costs: [] }));
    expect(textOf(whole)).toContain('转让净收入指价款。甲方载明的成本为零。');
    expect(textOf(whole, 'en')).toContain('Net transfer income is the price. Party A states no costs.');
    const rows = renderTransferContract(sampleContract()).blocks.flatMap((b) => (b.kind === 'table' ? b.rows : []));
    expect(rows).toContainEqual(['专利检索与评估', '8,000.00', '捌仟元整']);
    expect(textOf(sampleContract())).toContain('每日 0.05%');
  });

  it('prints a name that looks like markup or a template as it is', () => {
    const name = '# 甲 | > {{ priceFen }} \\ !';
    const { blocks } = renderTransferContract(changed((c) => (c.transferee.name = name)));
    expect(blocks.filter((b) => b.kind === 'signature').at(-1)!.name).toBe(name);
    expect(blocks.length).toBe(renderTransferContract(sampleContract()).blocks.length);
  });

  it.each([
    ['a missing variable', '{{ price }}'],
    ['a missing property', '{{ terms.days }}'],
    ['an inherited property', '{{ terms.toString }}'],
    ['a value that is null', '{{ nothing }}'],
    ['a missing filter', '{{ terms.cure | dollars }}'],
    ['another file', "{% include '1.liquid' %}"],
  ])('refuses %s', (_, source) => {
    expect(() => fillTemplate(source, { terms: { cure: 15 }, nothing: null })).toThrow(Error);
  });

  it('refuses a version that was never published', () => {
    expect(() => renderTransferContract(changed((c) => (c.template.version = 9_999)))).toThrow('ENOENT');
  });
});

describe('the content hash', () => {
  it('is that of the content in the document, whatever the order of keys', () => {
    const { content, contentHash: hash } = renderTransferContract(sampleContract());
    expect(sha256(content)).toBe(hash);
    expect(contentHash(JSON.parse(canonicalJson(sampleContract())))).toBe(hash);
  });

  it('changes with every single field', () => {
    const { contracts, left } = everyFieldChanged(sampleContract());
    const renumbered = changed((c) => (c.patents[0]!.number = c.encumbrances[0]!.patentNumber = '201919999963.7'));
    const hashes = [sampleContract(), renumbered, ...contracts].map((c) => contentHash(c));
    expect(new Set(hashes).size).toBe(hashes.length);
    // The template's id and version are hashed with its text, the numbers change together, no person has the others.
    expect(left).toEqual([
      'template.id',
      'template.version',
      'transferors.1.legalRepresentative',
      'transferors.1.address',
      'patents.0.number',
      'encumbrances.0.patentNumber',
      'inventorReward.netDeducts.0',
      'inventorReward.netDeducts.1',
      'noRewardBecause',
    ]);
  });
});

describe('a contract is refused', () => {
  it.each<[string, Change]>([
    ['that hides or reorders characters', (c) => (c.transferee.name = '张\u202e三')],
    ['with a line break in a name', (c) => (c.transferee.name = '张三\n# 合同')],
    ['with the same party on both sides', (c) => (c.transferee = c.transferors[0]!)],
    ['that transfers a patent twice', (c) => c.patents.push(c.patents[0]!)],
    ['with an encumbrance on another patent', (c) => (c.encumbrances[0]!.patentNumber = '201919999963.7')],
    ['with a patent granted before it was filed', (c) => (c.patents[0]!.grantDate = '2017-07-20')],
    ['whose deposit and earnest money exceed the price', (c) => (c.depositFen = '35000001')],
    ['with an organisation nobody represents', (c) => (c.transferee.legalRepresentative = null)],
    ['with an organisation that is nowhere', (c) => (c.transferee.address = null)],
    ['that invents an address for a natural person', (c) => (c.transferors[1]!.address = '河南省洛阳市涧西区')],
    ['with an unknown term', (c) => Object.assign(c, { gift: true })],
    ['with neither a reward nor why there is none', (c) => (c.inventorReward = null)],
    ['with a price of nothing', (c) => (c.priceFen = '0')],
  ])('%s', (_, change) => {
    expect(TransferContractInput.safeParse(changed(change)).success).toBe(false);
    expect(() => contentHash(changed(change))).toThrow(Error);
  });
});

function variants(): [name: string, contract: TransferContractInput][] {
  const bare = {
    earnestMoney: null,
    depositFen: '0',
    encumbrances: [],
    inventorReward: null,
    noRewardBecause: '发明人已另行结清奖酬',
  };
  const arbitration = {
    mode: 'arbitration' as const,
    forum: { zh: '郑州仲裁委员会', en: 'the Zhengzhou Arbitration Commission' },
  };
  return [
    ['the sample', sampleContract()],
    ['nothing optional', { ...sampleContract(), ...bare, transferors: sampleContract().transferors.slice(0, 1) }],
    ['arbitration', { ...sampleContract(), dispute: arbitration, route: 'negotiation' }],
    [
      'a pledge and an open licence',
      changed((c) =>
        c.encumbrances.push(
          ...(['pledge', 'open-licence'] as const).map((kind) => ({ ...c.encumbrances[0]!, kind, until: null })),
        ),
      ),
    ],
  ];
}

/** One contract for each leaf, that leaf replaced by another allowed value; and the leaves left as they are. */
function everyFieldChanged(contract: TransferContractInput) {
  const leaves = (value: unknown, path: string[] = []): string[][] =>
    value === null || typeof value !== 'object'
      ? [path]
      : Object.entries(value).flatMap(([name, field]) => leaves(field, [...path, name]));
  const contracts: TransferContractInput[] = [];
  const left: string[] = [];
  for (const path of leaves(contract)) {
    const copy = structuredClone(contract);
    const owner = path
      .slice(0, -1)
      .reduce((node, name) => node[name] as Record<string, unknown>, copy as Record<string, unknown>);
    const name = path.at(-1)!;
    owner[name] = replacementOf(name, owner[name]);
    if (TransferContractInput.safeParse(copy).success && path[0] !== 'template') contracts.push(copy);
    else left.push(path.join('.'));
  }
  return { contracts, left };
}

const OTHER: Record<string, string> = {
  design: 'invention',
  invention: 'design',
  'utility-model': 'design',
  'ordinary-licence': 'sole-licence',
  'online-bidding': 'negotiation',
  court: 'arbitration',
  '12100000400000624D': '914403001922038216',
  '91350100M000100Y43': '91110000802100433B',
  '201719999981.6': '201919999963.7',
  '201829999972.7': '201919999963.7',
};

function replacementOf(name: string, value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value !== 'string') return '河南省';
  if (value in OTHER) return OTHER[value];
  if (name.endsWith('Fen')) return String(BigInt(value) - 1n);
  if (/^[0-9a-f-]{36}$/.test(value)) return value.replace('0199', '0198');
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return new Date(Date.parse(value) + 86_400_000).toISOString().slice(0, 10);
  return `${value}改`;
}
