import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson, sha256 } from './canonical-json.ts';
import { renderTransferContract } from './contract-template.ts';
import { keysInMemory, sampleContract, signAll } from './contract.fixture.ts';
import { LocalSignatureProvider } from './local-signature-provider.ts';
import { renderPdf } from './pdf.ts';
import { printPdf } from './print-pdf.ts';
import type { SignatureRecord } from './signature-provider.ts';

/** Layout takes a second of a core, and a core may be shared by many. */
jest.setTimeout(120_000);

const NOW = Date.parse('2026-11-24T09:30:00+08:00');
const document = renderTransferContract(sampleContract());
const provider = new LocalSignatureProvider(keysInMemory(), async () => NOW);
const folder = mkdtempSync(join(tmpdir(), 'pdf-'));
afterAll(() => rmSync(folder, { recursive: true }));

let records: SignatureRecord[];
let draft: Buffer;
let signed: Buffer;
beforeAll(async () => {
  records = await signAll(provider, document.contentHash, NOW);
  const { notice } = provider;
  [draft, signed] = await Promise.all([
    printPdf(document, { notice, records: [] }),
    printPdf(document, { notice, records }),
  ]);
  writeFileSync(join(folder, 'draft.pdf'), draft);
  writeFileSync(join(folder, 'signed.pdf'), signed);
});

const run = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: folder }).toString();
const squeezed = (text: string) => text.replace(/\s/g, '');
const pagesOf = (file: string) => run('pdftotext', '-layout', file, '-').split('\f').slice(0, -1).map(squeezed);

describe('the contract as a PDF', () => {
  it('says in text that can be searched what its blocks say', () => {
    const text = pagesOf('draft.pdf').join('');
    for (const words of ['专利权转让合同', '演示数据·嵩山精密制造有限公司', '伍拾万元整', 'PatentTransferContract']) {
      expect(text).toContain(words);
    }
  });

  it('warns on every page what its signatures are not, and names on every page the content', () => {
    const pages = pagesOf('draft.pdf');
    expect(pages.length).toBeGreaterThan(4);
    for (const page of pages) {
      expect(page).toContain(squeezed(provider.notice.zh));
      expect(page).toContain(squeezed(provider.notice.en));
      expect(page).toContain(document.contentHash);
    }
  });

  it('warns of nothing where the signatures are reliable', async () => {
    const reliable = await renderPdf(document, { notice: null, records: [] });
    writeFileSync(join(folder, 'reliable.pdf'), reliable);
    expect(pagesOf('reliable.pdf').join('')).not.toContain('演示签名：');
  });

  it('carries the fonts for the characters that it uses, and no more', () => {
    const fonts = run('pdffonts', 'draft.pdf').split('\n').slice(2, -1);
    expect(fonts.length).toBe(2);
    for (const font of fonts) expect(font).toMatch(/NotoSansSC.* yes yes yes /);
    expect(draft.length).toBeLessThan(400_000);
  });

  it('carries what was signed, and then the signatures, as files', () => {
    const detached = (file: string, number: number) => {
      run('pdfdetach', '-save', String(number), '-o', 'out.json', file);
      return readFileSync(join(folder, 'out.json'), 'utf8');
    };
    expect(sha256(detached('draft.pdf', 1))).toBe(document.contentHash);
    expect(run('pdfdetach', '-list', 'draft.pdf')).toContain('1 embedded files');
    expect(detached('signed.pdf', 1)).toBe(document.content);
    expect(detached('signed.pdf', 2)).toBe(canonicalJson(records));
  });

  it('shows who signed, when, how and with which certificate, and who has not', () => {
    const [before, after] = ['draft.pdf', 'signed.pdf'].map((file) => pagesOf(file).at(-1)!);
    expect(before!.split('待签署awaitingsignature').length - 1).toBe(3);
    expect(after).not.toContain('待签署');
    for (const { signer, consent } of records) {
      expect(after).toContain(`${signer.personName}（${signer.personId}）2026-11-2409:30:00(UTC+8)`);
      expect(after).toContain(`2026-11-2409:29:56(UTC+8)${consent.evidence}`);
    }
  });

  it('is the same, octet for octet, from the same arguments, in this thread or another', async () => {
    expect((await renderPdf(document, { notice: provider.notice, records })).equals(signed)).toBe(true);
  });

  it('is not made where the font lacks a character: a name must not become a box', async () => {
    const strange = structuredClone(document);
    strange.blocks[0] = { kind: 'title', zh: '合同 \u{1F600}', en: 'Contract' };
    const attempt = printPdf(strange, { notice: null, records: [] });
    await expect(attempt).rejects.toMatchObject({ name: 'RangeError', message: 'the font has no glyph for \u{1F600}' });
  });

  it('is given up when its caller gives up, before its turn or in it, and the next is printed', async () => {
    const callers = [new AbortController(), new AbortController()];
    const attempts = callers.map(({ signal }) => printPdf(document, { notice: null, records: [] }, signal));
    callers[1]!.abort();
    setTimeout(() => callers[0]!.abort(), 20);
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ name: 'AbortError' });
    expect((await printPdf(document, { notice: provider.notice, records: [] })).equals(draft)).toBe(true);
  });
});
