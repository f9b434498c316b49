import { X509Certificate } from 'node:crypto';
import type { Content, DynamicContent, TableCell } from 'pdfmake/interfaces.js';
import type { Bilingual, Block, ContractDocument } from './contract-document.ts';
import type { Consent, SignatureRecord } from './signature-provider.ts';

const INK = '#1b2733';
const QUIET = '#5b6773';
const RULE = '#c9d1d9';
const TINT = '#f3f6f9';
const ALERT = '#a8321f';
/** A4 less the side margins, in points. */
const WIDTH = 487;

const METHODS: Record<Consent['method'], Bilingual> = {
  'signed-in': { zh: '登录账户后确认', en: 'confirmed in the signed-in account' },
  'one-time-code': { zh: '一次性验证码', en: 'one-time code' },
  passkey: { zh: '通行密钥', en: 'passkey' },
  'password-again': { zh: '重新输入密码', en: 'password entered again' },
};

export interface Signing {
  /** From the signature provider; printed wherever the signatures are. */
  notice: Bilingual | null;
  records: SignatureRecord[];
}

type BlockOf<K extends Block['kind']> = Extract<Block, { kind: K }>;

/** The contract's pages up to its signatures: Chinese on the left, its English reading on the right. */
export function layout(blocks: Block[]): Content[] {
  const pieces: Content[] = [];
  for (const [i, block] of blocks.entries()) {
    const next = blocks[i + 1];
    if (block.kind === 'heading' && next?.kind === 'clause') {
      pieces.push({ stack: [heading(block), clause(next)], unbreakable: true });
    } else if (block.kind === 'clause' && blocks[i - 1]?.kind !== 'heading') pieces.push(clause(block));
    else if (block.kind === 'title') pieces.push(title(block));
    else if (block.kind === 'table') pieces.push(table(block));
  }
  return pieces;
}

const title = ({ zh, en }: Bilingual): Content => ({
  stack: [
    { text: zh, fontSize: 21, bold: true, characterSpacing: 3 },
    { text: en, fontSize: 10.5, color: QUIET },
  ],
  alignment: 'center',
  margin: [0, 2, 0, 14],
});

const pair = (zh: Content, en: Content, top: number): Content => ({
  columns: [
    { width: '51%', stack: [zh] },
    { width: '*', stack: [en] },
  ],
  columnGap: 18,
  margin: [0, top, 0, 0],
  unbreakable: true,
});

const heading = ({ zh, en }: Bilingual): Content =>
  pair({ text: zh, fontSize: 11, bold: true, color: INK }, { text: en, fontSize: 9, bold: true, color: QUIET }, 13);

const clause = ({ zh, en }: Bilingual): Content =>
  pair({ text: zh, color: INK }, { text: en, fontSize: 7.8, color: QUIET }, 4);

const headCell = ({ zh, en }: Bilingual): TableCell => ({
  text: [
    { text: zh, bold: true },
    { text: `\n${en}`, fontSize: 6.8, color: QUIET },
  ],
  fillColor: TINT,
});

/** Amounts stand flush right, so that they can be added up by eye. */
const cell = (text: string): TableCell => ({ text, alignment: /^[\d,]+\.\d\d$/.test(text) ? 'right' : 'left' });

function table({ head, rows }: BlockOf<'table'>): Content {
  const lengths = head.map((h, i) => Math.max(columnLength(h.zh), ...rows.map((row) => columnLength(row[i]!))));
  const weights = lengths.map((length) => Math.min(Math.max(length, 10), 28));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const inner = WIDTH - 10 * head.length;
  return {
    table: {
      headerRows: 1,
      dontBreakRows: true,
      keepWithHeaderRows: 1,
      widths: weights.map((weight) => (inner * weight) / sum),
      body: [head.map(headCell), ...rows.map((cells) => cells.map(cell))],
    },
    layout: ruled,
    fontSize: 8,
    margin: [0, 7, 0, 5],
  };
}

const ruled = {
  hLineWidth: () => 0.5,
  vLineWidth: () => 0,
  hLineColor: () => RULE,
  paddingLeft: () => 5,
  paddingRight: () => 5,
  paddingTop: () => 4,
  paddingBottom: () => 3,
};

/** In half-widths: a Chinese character is as wide as two Latin ones. */
const columnLength = (text: string) => Array.from(text).reduce((sum, c) => sum + (c > '\u2e80' ? 2 : 1), 0);

export const header =
  ({ number, platform }: ContractDocument, notice: Bilingual | null): DynamicContent =>
  () => ({
    margin: [54, 24, 54, 0],
    stack: [
      { text: `${platform.zh}　合同编号 ${number}`, fontSize: 7.2, color: QUIET },
      ...(notice
        ? [notice.zh, notice.en].map((text) => ({ text, fontSize: 5.6, lineHeight: 1.15, color: ALERT }))
        : []),
    ],
  });

export const footer =
  ({ contentHash }: ContractDocument): DynamicContent =>
  (page, pages) => ({
    margin: [54, 18, 54, 0],
    fontSize: 6.6,
    color: QUIET,
    columns: [
      { text: `内容摘要 SHA-256 ${contentHash}`, width: '*' },
      { text: `第 ${page} 页 共 ${pages} 页　Page ${page} of ${pages}`, width: 'auto' },
    ],
  });

/** Who signed, when, how and with which certificate; an empty box for a party that has not. */
export function signaturePage({ number, contentHash, blocks }: ContractDocument, signing: Signing): Content[] {
  const parties = blocks.filter((b) => b.kind === 'signature');
  const lead = {
    zh: `以下各方签署的是合同 ${number} 的内容，其摘要为：`,
    en: `The parties below sign contract ${number}, the digest of whose content is:`,
  };
  return [
    { ...(title({ zh: '签署页', en: 'Signature page' }) as object), pageBreak: 'before' } as Content,
    ...(signing.notice ? [noticeBox(signing.notice)] : []),
    clause(lead),
    { text: contentHash, bold: true, fontSize: 8.6, margin: [0, 4, 0, 6] },
    ...parties.map((party) =>
      signatureBox(
        party,
        signing.records.find((r) => r.signer.partyId === party.partyId),
      ),
    ),
  ];
}

const noticeBox = ({ zh, en }: Bilingual): Content => ({
  table: {
    widths: ['*'],
    body: [
      [
        {
          stack: [
            { text: zh, bold: true },
            { text: en, fontSize: 7.8 },
          ],
          color: ALERT,
          fillColor: '#fdf3f1',
        },
      ],
    ],
  },
  layout: { ...ruled, hLineColor: () => ALERT, paddingLeft: () => 8, paddingRight: () => 8, paddingTop: () => 6 },
  margin: [0, 0, 0, 8],
});

function signatureBox(party: BlockOf<'signature'>, record: SignatureRecord | undefined): Content {
  const rows = record ? recordRows(record) : [row('状态 Status', '待签署 awaiting signature')];
  return {
    table: {
      widths: [92, '*'],
      body: [
        [{ text: `${party.role.zh}　${party.role.en}`, bold: true, colSpan: 2, fillColor: TINT }, ''],
        row('名称 Name', `${party.name}　${party.partyId}`),
        ...rows,
      ],
    },
    layout: { ...ruled, paddingTop: () => 2.5, paddingBottom: () => 1.5 },
    fontSize: 8,
    margin: [0, 8, 0, 0],
    unbreakable: true,
  };
}

const row = (label: string, text: string): TableCell[] => [{ text: label, color: QUIET }, { text }];

function recordRows({ signer, at, consent, certificatePem, algorithm, documentHash }: SignatureRecord): TableCell[][] {
  const { serialNumber, validTo } = new X509Certificate(certificatePem);
  const { zh, en } = METHODS[consent.method];
  return [
    row('签署 Signed', `${signer.personName}（${signer.personId}）　${shanghai(at)}`),
    row('意愿确认 Consent', `${zh} ${en}　${shanghai(consent.at)}　${consent.evidence}`),
    row(
      '证书 Certificate',
      `${serialNumber.toLowerCase()}　至 until ${shanghai(Date.parse(validTo)).slice(0, 10)}　${algorithm}`,
    ),
    row('签署内容 Content', documentHash),
  ];
}

/** 2026-11-24 17:02:34 (UTC+8). China has no summer time. */
const shanghai = (at: number) => `${new Date(at + 28_800_000).toISOString().slice(0, 19).replace('T', ' ')} (UTC+8)`;
