import { createHash } from 'node:crypto';
import { PDFArray, PDFDocument, PDFHexString, PDFName, type PDFObject, PDFRef } from 'pdf-lib';

/** Octets reserved for the CMS signature; one with two P-256 certificates takes about 1,800. */
const ROOM = 4_096;
/** In hex, with its angle brackets. */
const HOLE = 2 * ROOM + 2;
const ZEROS = '0'.repeat(2 * ROOM);
const NO_RANGE = '/ByteRange [0 0000000000 0000000000 0000000000]';
const SEAL = /\/M \(D:(\d{14})Z\) \/ByteRange \[0 (\d{10}) (\d{10}) (\d{10})\] \/Contents </g;

export interface SealText {
  name: string;
  reason: string;
  /** Epoch milliseconds. */
  at: number;
}

/** A seal as it lies in a file, not yet verified. */
export interface FoundSeal {
  cms: Buffer;
  /** SHA-256 of all octets the seal covers. */
  digest: Buffer;
  at: number;
  coversWholeFile: boolean;
}

/**
 * Appends an empty seal to a PDF as an incremental update (ISO 32000-2, 7.5.6), so that the rendered file stays the
 * exact beginning of the sealed one. For files with a classic cross-reference table; throws where there already is a
 * form.
 */
export async function withEmptySeal(pdf: Uint8Array, text: SealText): Promise<Buffer> {
  const { context, catalog, page } = await load(pdf);
  if (catalog.has(PDFName.of('AcroForm'))) throw new Error('the file already carries a form or a seal');
  const { Root, Info, ID } = context.trailerInfo;
  const previous = lastXref(pdf);
  const [seal, field] = [1, 2].map((n) => PDFRef.of(context.largestObjectNumber + n)) as [PDFRef, PDFRef];
  const links = `/P ${String(page.ref)} /V ${String(seal)}`;
  const widget = `<< /Type /Annot /Subtype /Widget /FT /Sig /T (seal) /F 132 /Rect [0 0 0 0] ${links} >>`;
  catalog.set(PDFName.of('AcroForm'), context.obj({ Fields: [field], SigFlags: 3 }));
  page.node.set(PDFName.of('Annots'), context.obj([...(page.node.Annots()?.asArray() ?? []), field]));
  const objects: [PDFRef, string][] = [
    [Root as PDFRef, catalog.toString()],
    [page.ref, page.node.toString()],
    [seal, sealDictionary(text)],
    [field, widget],
  ];
  const trailer = context.obj({ Size: field.objectNumber + 1, Root, Info, ID: newId(pdf, ID), Prev: previous });
  return withRange(Buffer.concat([pdf, incrementalUpdate(pdf.length, objects, trailer.toString())]));
}

/** Fills an empty seal with the signature that `signDigest` makes over everything outside the hole. */
export function fillSeal(pdf: Buffer, signDigest: (digest: Buffer) => Buffer): Buffer {
  const { covered } = locate(pdf)!;
  const cms = signDigest(coveredDigest(pdf, covered));
  if (cms.length > ROOM) throw new RangeError(`the signature needs ${cms.length} octets, ${ROOM} are reserved`);
  const sealed = Buffer.from(pdf);
  sealed.write(cms.toString('hex'), covered[0] + 1, 'latin1');
  return sealed;
}

/** The hole begins at the first offset and ends before the second; the covered file ends before the third. */
type Covered = [start: number, end: number, stop: number];

const coveredDigest = (pdf: Buffer, [start, end, stop]: Covered): Buffer =>
  createHash('sha256').update(pdf.subarray(0, start)).update(pdf.subarray(end, stop)).digest();

/** Where the one seal of a file lies and when it says it was made; null where there is none, or two, or a broken. */
function locate(pdf: Buffer): { covered: Covered; at: number } | null {
  const [found, ...others] = pdf.toString('latin1').matchAll(SEAL);
  if (!found || others.length > 0) return null;
  const [start, end, length] = found.slice(2).map(Number) as Covered;
  const stop = end + length;
  const enclosed = start === found.index + found[0].length - 1 && end === start + HOLE && stop <= pdf.length;
  const at = Date.parse(found[1]!.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z'));
  return enclosed && pdf[end - 1] === 0x3e && !Number.isNaN(at) ? { covered: [start, end, stop], at } : null;
}

/** The seal found in a file. Its hole must hold one DER structure in lower-case hex and zeros: no spelling is free. */
export function readSeal(pdf: Buffer): FoundSeal | null {
  const located = locate(pdf);
  if (!located) return null;
  const [start, end, stop] = located.covered;
  const hex = pdf.toString('latin1', start + 1, end - 1);
  const octets = Buffer.from(hex, 'hex');
  const length = 4 + (octets.length > 4 ? octets.readUInt16BE(2) : 0);
  if (octets.toString('hex') !== hex || octets.subarray(length).some((o) => o !== 0)) return null;
  return {
    cms: octets.subarray(0, length),
    digest: coveredDigest(pdf, located.covered),
    at: located.at,
    coversWholeFile: stop === pdf.length,
  };
}

async function load(pdf: Uint8Array) {
  const document = await PDFDocument.load(pdf, { updateMetadata: false });
  return { context: document.context, catalog: document.catalog, page: document.getPages().at(-1)! };
}

const hex = (words: string) => PDFHexString.fromText(words).toString();

const sealDictionary = ({ name, reason, at }: SealText) => {
  const moment = new Date(at).toISOString().replace(/\D/g, '').slice(0, 14);
  return [
    '<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached',
    `/Name ${hex(name)} /Reason ${hex(reason)}`,
    `/M (D:${moment}Z) ${NO_RANGE} /Contents <${ZEROS}> >>`,
  ].join('\n');
};

function incrementalUpdate(base: number, objects: [PDFRef, string][], trailer: string): Buffer {
  let text = '\n';
  const xref: string[] = [];
  for (const [ref, value] of objects) {
    xref.push(`${ref.objectNumber} 1\n${String(base + text.length).padStart(10, '0')} 00000 n \n`);
    text += `${ref.objectNumber} 0 obj\n${value}\nendobj\n`;
  }
  const start = base + text.length;
  return Buffer.from(`${text}xref\n${xref.join('')}trailer\n${trailer}\nstartxref\n${start}\n%%EOF\n`, 'latin1');
}

function lastXref(pdf: Uint8Array): number {
  const end = Buffer.from(pdf.subarray(-64)).toString('latin1');
  const offset = Number(/startxref\s+(\d+)\s+%%EOF\s*$/.exec(end)?.[1]);
  if (Buffer.from(pdf.subarray(offset, offset + 4)).toString() !== 'xref') throw new Error('no cross-reference table');
  return offset;
}

/** The first half names the document for ever, the second this state of it (ISO 32000-2, 14.4). */
function newId(pdf: Uint8Array, id: PDFObject | undefined): PDFObject[] {
  const state = PDFHexString.of(createHash('md5').update(pdf).digest('hex'));
  return [id instanceof PDFArray ? id.get(0) : state, state];
}

function withRange(pdf: Buffer): Buffer {
  const start = pdf.lastIndexOf(`<${ZEROS}>`, undefined, 'latin1');
  const range = [start, start + HOLE, pdf.length - start - HOLE].map((n) => String(n).padStart(10, '0'));
  pdf.write(`/ByteRange [0 ${range.join(' ')}]`, pdf.lastIndexOf(NO_RANGE, undefined, 'latin1'), 'latin1');
  return pdf;
}
