import { beforeAll, describe, expect, it } from '@jest/globals';
import { PDFDocument } from 'pdf-lib';
import { fillSeal, readSeal, withEmptySeal } from './pdf-seal.ts';

const at = Date.parse('2026-11-24T09:30:00Z');
const text = { name: '印章 (seal)', reason: '各方均已签署', at };
/** The head of a DER structure of as many octets. */
const structure = (octets: number) => {
  const der = Buffer.alloc(octets, 7);
  der.writeUInt32BE(0x30820000 + octets - 4);
  return der;
};

let pdf: Buffer;
beforeAll(async () => {
  const document = await PDFDocument.create();
  document.addPage();
  pdf = Buffer.from(await document.save({ useObjectStreams: false }));
});

describe('a seal in a PDF', () => {
  it('is appended: the file stays the beginning of the sealed one, and still opens', async () => {
    const empty = await withEmptySeal(pdf, text);
    expect(empty.subarray(0, pdf.length).equals(pdf)).toBe(true);
    const again = await PDFDocument.load(empty);
    expect(again.getPageCount()).toBe(1);
    expect(
      again
        .getForm()
        .getFields()
        .map((field) => field.getName()),
    ).toEqual(['seal']);
  });

  it('covers everything but its own hole', async () => {
    let covered: Buffer | undefined;
    const sealed = fillSeal(await withEmptySeal(pdf, text), (digest) => {
      covered = digest;
      return structure(500);
    });
    const found = readSeal(sealed)!;
    expect(found).toMatchObject({ at, coversWholeFile: true });
    expect(found.cms.equals(structure(500))).toBe(true);
    expect(found.digest.equals(covered!)).toBe(true);
    sealed[10]! ^= 1;
    expect(readSeal(sealed)!.digest.equals(covered!)).toBe(false);
  });

  it('takes a signature as large as its room, and no larger', async () => {
    const empty = await withEmptySeal(pdf, text);
    expect(readSeal(fillSeal(empty, () => structure(4_096)))!.cms.length).toBe(4_096);
    expect(() => fillSeal(empty, () => structure(4_097))).toThrow('4097 octets, 4096 are reserved');
  });

  it('is written once into a file, and only into one whose table it can extend', async () => {
    await expect(withEmptySeal(await withEmptySeal(pdf, text), text)).rejects.toThrow(
      'already carries a form or a seal',
    );
    const document = await PDFDocument.create();
    document.addPage();
    const compressed = await document.save({ useObjectStreams: true });
    await expect(withEmptySeal(compressed, text)).rejects.toThrow('no cross-reference table');
  });

  it.each<[string, (sealed: string) => string]>([
    [
      'whose range leaves out more than the hole',
      (s) => s.replace(/(\/ByteRange \[0 0*)(\d)(\d*) /, (_, a, b, c) => `${a}${Number(b) ^ 1}${c} `),
    ],
    ['whose range begins later', (s) => s.replace('/ByteRange [0 ', '/ByteRange [1 ')],
    ['whose signature is spelt in capitals', (s) => s.replace('<308201f00707', '<308201F00707')],
    ['with something behind the signature', (s) => s.replace('0000> >>', '0001> >>')],
    ['of no day', (s) => s.replace('/M (D:20261124', '/M (D:20261399')],
  ])('is not read from a file %s', async (_, change) => {
    const sealed = fillSeal(await withEmptySeal(pdf, text), () => structure(500)).toString('latin1');
    const changed = change(sealed);
    expect(changed).not.toBe(sealed);
    expect(readSeal(Buffer.from(changed, 'latin1'))).toBeNull();
  });
});
