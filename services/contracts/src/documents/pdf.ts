import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import pdfMake from 'pdfmake';
import type { TDocumentDefinitions } from 'pdfmake/interfaces.js';
import { canonicalJson } from './canonical-json.ts';
import type { ContractDocument } from './contract-document.ts';
import { footer, header, layout, signaturePage, type Signing } from './pdf-layout.ts';

const FONT = 'Noto Sans SC';
const FONT_FILES = { normal: '400Regular/NotoSansSC_400Regular.ttf', bold: '700Bold/NotoSansSC_700Bold.ttf' };
const require = createRequire(import.meta.url);

pdfMake.setUrlAccessPolicy(() => false);
pdfMake.setLocalAccessPolicy(() => false);

let fontsLoaded = false;
/** Two files of 10 MB each, read at the first document and kept; the library itself may open nothing. */
function loadFonts(): void {
  if (fontsLoaded) return;
  const { virtualfs } = pdfMake as unknown as { virtualfs: { writeFileSync(name: string, content: Buffer): void } };
  for (const file of Object.values(FONT_FILES)) {
    virtualfs.writeFileSync(file, readFileSync(require.resolve(`@expo-google-fonts/noto-sans-sc/${file}`)));
  }
  pdfMake.setFonts({ [FONT]: FONT_FILES });
  fontsLoaded = true;
}

/**
 * The contract as a PDF; the same arguments give the same bytes. What was signed travels inside as contract.json, the
 * signatures as signatures.json. Throws RangeError where the font lacks a character: a name must not become a box.
 */
export async function renderPdf(document: ContractDocument, signing: Signing): Promise<Buffer> {
  loadFonts();
  const pdf = pdfMake.createPdf(definition(document, signing));
  const { fontCache } = (await pdf.getStream()) as unknown as PdfInternals;
  refuseMissingGlyphs(canonicalJson([document.blocks, signing.records]), fontCache[FONT]!.normal!.font);
  return pdf.getBuffer();
}

interface Face {
  hasGlyphForCodePoint(codePoint: number): boolean;
}
interface PdfInternals {
  fontCache: Record<string, Record<string, { font: Face }>>;
}

function refuseMissingGlyphs(words: string, face: Face): void {
  const missing = [...new Set(words)].filter((c) => !face.hasGlyphForCodePoint(c.codePointAt(0)!));
  if (missing.length > 0) throw new RangeError(`the font has no glyph for ${missing.join(' ')}`);
}

function definition(document: ContractDocument, signing: Signing): TDocumentDefinitions {
  const created = new Date(`${document.datedOn}T00:00:00+08:00`);
  const attach = (name: string, json: string) => ({
    src: `data:application/json;base64,${Buffer.from(json).toString('base64')}`,
    name,
    creationDate: created,
    modifiedDate: created,
    relationship: 'Source',
  });
  const title = document.blocks.find((b) => b.kind === 'title');
  return {
    version: '1.7',
    language: 'zh-CN',
    displayTitle: true,
    info: {
      title: `${title?.zh ?? ''} ${document.number}`,
      author: document.platform.zh,
      subject: `SHA-256 ${document.contentHash}`,
      creationDate: created,
    },
    pageSize: 'A4',
    pageMargins: [54, 72, 54, 66],
    defaultStyle: { font: FONT, fontSize: 9.2, lineHeight: 1.32 },
    header: header(document, signing.notice),
    footer: footer(document),
    content: [...layout(document.blocks), ...signaturePage(document, signing)],
    files: {
      contract: attach('contract.json', document.content),
      ...(signing.records.length > 0 && { signatures: attach('signatures.json', canonicalJson(signing.records)) }),
    },
  };
}
