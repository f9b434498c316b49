import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { renderTransferContract } from './contract-template.ts';
import { keysInMemory, sampleContract, signAll } from './contract.fixture.ts';
import { LocalSignatureProvider } from './local-signature-provider.ts';
import { renderPdf } from './pdf.ts';
import { fillSeal, readSeal, withEmptySeal } from './pdf-seal.ts';
import { signDetached } from './cms.ts';
import { X509Certificate } from 'node:crypto';
import type { SignatureRecord } from './signature-provider.ts';

/** Layout takes a second of a core, and a core may be shared by many. */
jest.setTimeout(120_000);

const NOW = Date.parse('2026-11-24T09:30:00+08:00');
const DAY_MS = 86_400_000;
const document = renderTransferContract(sampleContract());
const HASH = document.contentHash;

let now = NOW;
const keys = keysInMemory();
const provider = new LocalSignatureProvider(keys, async () => now);
let records: SignatureRecord[];
let unsealed: Buffer;
let sealed: Buffer;
beforeAll(async () => {
  records = await signAll(provider, HASH, NOW);
  unsealed = await renderPdf(document, { notice: provider.notice, records });
  sealed = await provider.seal(unsealed, { reason: '各方均已签署 All have signed', documentHash: HASH, records });
});
const first = () => records[0]!;

describe('a signature of the local provider', () => {
  it('verifies for what was signed, for every party', async () => {
    for (const record of records) expect(await provider.verify(record, HASH)).toEqual({ valid: true });
    expect(records.length).toBe(3);
  });

  it.each<[string, string, (record: SignatureRecord) => SignatureRecord]>([
    ['document-hash-mismatch', 'of another content', (r) => ({ ...r, documentHash: 'd'.repeat(64) })],
    ['certificate-untrusted', 'by another person', (r) => ({ ...r, signer: { ...r.signer, personName: '别人' } })],
    ['certificate-untrusted', 'for another party', (r) => ({ ...r, signer: { ...r.signer, partyId: '别处' } })],
    ['certificate-untrusted', 'with what is no certificate', (r) => ({ ...r, certificatePem: 'none' })],
    ['signature-mismatch', 'at another time', (r) => ({ ...r, at: r.at + 1 })],
    ['signature-mismatch', 'after another consent', (r) => ({ ...r, consent: { ...r.consent, at: r.consent.at + 1 } })],
    ['signature-mismatch', 'by another way', (r) => ({ ...r, consent: { ...r.consent, method: 'passkey' } })],
    ['signature-mismatch', 'of other evidence', (r) => ({ ...r, consent: { ...r.consent, evidence: 'x' } })],
    ['signature-mismatch', 'by another algorithm', (r) => ({ ...r, algorithm: 'RSA' })],
    ['signature-mismatch', 'spelt in another way', (r) => ({ ...r, signature: ` ${r.signature}` })],
    ['signature-mismatch', 'that is empty', (r) => ({ ...r, signature: '' })],
    ['certificate-not-in-force', 'before its certificate', (r) => ({ ...r, at: NOW - 2 * DAY_MS })],
    ['certificate-not-in-force', 'after its certificate', (r) => ({ ...r, at: NOW + 800 * DAY_MS })],
  ])('fails as %s %s', async (reason, _, change) => {
    expect(await provider.verify(change(first()), HASH)).toEqual({ valid: false, reason });
  });

  it('fails with a certificate that another authority issued to the very same names', async () => {
    const stranger = new LocalSignatureProvider(keysInMemory(), async () => NOW);
    const [forged] = await signAll(stranger, HASH, NOW);
    expect(await provider.verify(forged!, HASH)).toEqual({ valid: false, reason: 'certificate-untrusted' });
  });

  it('is made with one key for each signer and year', async () => {
    const [same] = await signAll(provider, HASH, NOW);
    expect(same!.certificatePem).toBe(first().certificatePem);
    expect(records[1]!.certificatePem).not.toBe(first().certificatePem);
    now = Date.parse('2027-01-02T00:00:00Z');
    const [later] = await signAll(provider, HASH, now).finally(() => (now = NOW));
    expect(later!.certificatePem).not.toBe(first().certificatePem);
    expect(await provider.verify(later!, HASH)).toEqual({ valid: true });
  });

  it('comes from one authority, although all sign for the first time at once', async () => {
    const racing = keysInMemory();
    const slow = {
      ...racing,
      keep: (...of: Parameters<typeof racing.keep>) => new Promise(setImmediate).then(() => racing.keep(...of)),
    };
    const fresh = new LocalSignatureProvider(slow, async () => NOW);
    for (const record of await signAll(fresh, HASH, NOW))
      expect(await fresh.verify(record, HASH)).toEqual({ valid: true });
  });

  it('can be announced: the certificate is the one that will sign', async () => {
    const reference = await provider.issue(first().signer);
    expect(reference.certificatePem).toBe(first().certificatePem);
    expect(reference.notAfter).toBeGreaterThan(NOW + 700 * DAY_MS);
  });

  it('is nowhere called reliable: the notice says what it is not, in both languages', () => {
    expect(provider.notice.zh).toContain('不是《电子签名法》第十三条所称的可靠电子签名');
    expect(provider.notice.en).toContain('not reliable electronic signatures');
  });
});

describe('the seal', () => {
  it('holds for the whole file, which begins with the file that was sealed', async () => {
    const signedBy = '豫知演示电子印章 Yuzhi demonstration seal';
    expect(await provider.verifySeal(sealed)).toEqual({ valid: true, signedBy, at: NOW, coversWholeFile: true });
    expect(sealed.subarray(0, unsealed.length).equals(unsealed)).toBe(true);
  });

  it('breaks with any one bit of the file', async () => {
    const bit = fc.tuple(fc.nat(sealed.length - 1), fc.nat(7));
    await fc.assert(
      fc.asyncProperty(bit, async ([byte, place]) => {
        const flipped = Buffer.from(sealed);
        flipped[byte]! ^= 1 << place;
        expect((await provider.verifySeal(flipped)).valid).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('breaks with any one byte of the seal itself, also the padding behind it', async () => {
    const start = sealed.lastIndexOf('/Type /Sig', undefined, 'latin1');
    const inside = fc.tuple(fc.integer({ min: start, max: sealed.length - 1 }), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(inside, async ([byte, by]) => {
        const changed = Buffer.from(sealed);
        changed[byte] = changed[byte]! ^ by;
        expect((await provider.verifySeal(changed)).valid).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('does not cover what was added later', async () => {
    const longer = Buffer.concat([sealed, Buffer.from('\n%%EOF\n')]);
    expect(await provider.verifySeal(longer)).toMatchObject({ valid: false, reason: 'bytes-outside-seal' });
  });

  it('is missing from a file without one, and from one with two', async () => {
    const none = { valid: false, signedBy: null, at: null, coversWholeFile: false, reason: 'no-seal' };
    expect(await provider.verifySeal(unsealed)).toEqual(none);
    expect(await provider.verifySeal(Buffer.concat([sealed, sealed]))).toEqual(none);
    await expect(withEmptySeal(sealed, { name: 'x', reason: 'x', at: NOW })).rejects.toThrow('already carries');
  });

  it('is judged, and never fails, on whatever somebody sends', async () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 5_000 }),
      fc.nat(sealed.length).map((length) => sealed.subarray(0, length)),
      fc.tuple(fc.nat(sealed.length), fc.uint8Array({ maxLength: 200 })).map(([where, bytes]) => {
        return Buffer.concat([sealed.subarray(0, where), bytes, sealed.subarray(where + bytes.length)]);
      }),
    );
    await fc.assert(
      fc.asyncProperty(garbage, async (bytes) => {
        const { valid, reason } = await provider.verifySeal(bytes);
        expect(valid).toBe(sealed.equals(bytes));
        expect(valid || typeof reason === 'string').toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('of another platform is not trusted, and its name is not repeated', async () => {
    const stranger = new LocalSignatureProvider(keysInMemory(), async () => NOW);
    const theirs = await stranger.seal(unsealed, { reason: 'x', documentHash: HASH, records: [] });
    expect(await provider.verifySeal(theirs)).toMatchObject({
      valid: false,
      signedBy: null,
      reason: 'seal-mismatch',
    });
  });

  it('cannot be made with the key of a signer', async () => {
    const name = [...keys.kept.keys()].find((one) => one.startsWith('signer/'))!;
    const authority = new X509Certificate(keys.kept.get('authority')!.certificatePem);
    const empty = await withEmptySeal(unsealed, { name: 'x', reason: 'x', at: NOW });
    const forged = fillSeal(empty, (digest) => signDetached(digest, keys.kept.get(name)!, authority));
    expect(readSeal(forged)).not.toBeNull();
    expect(await provider.verifySeal(forged)).toMatchObject({ valid: false, reason: 'certificate-untrusted' });
  });

  it('is refused over a signature that does not hold', async () => {
    const bad = [first(), { ...records[1]!, at: NOW + 1 }];
    const request = { reason: 'x', documentHash: HASH, records: bad };
    await expect(provider.seal(unsealed, request)).rejects.toThrow('signature-mismatch');
    const other = { reason: 'x', documentHash: 'd'.repeat(64), records };
    await expect(provider.seal(unsealed, other)).rejects.toThrow('document-hash-mismatch');
  });
});

describe('independent programs', () => {
  const inFolder = <T>(work: (folder: string) => T): T => {
    const folder = mkdtempSync(join(tmpdir(), 'seal-'));
    try {
      return work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const pdfsig = (bytes: Buffer) =>
    inFolder((folder) => {
      writeFileSync(join(folder, 'contract.pdf'), bytes);
      return execFileSync('pdfsig', ['-nocert', join(folder, 'contract.pdf')]).toString();
    });

  it('agree: pdfsig finds one valid PAdES signature over the whole document', () => {
    const said = pdfsig(sealed);
    expect(said).toContain('Signature Type: ETSI.CAdES.detached');
    expect(said).toContain('Signature Validation: Signature is Valid.');
    expect(said).toContain('Total document signed');
    expect(said).toContain('豫知演示电子印章');
    expect(said).not.toContain('Signature #2');
  });

  it('agree: pdfsig calls a file with a flipped byte invalid', () => {
    const flipped = Buffer.from(sealed);
    flipped[2_000]! ^= 1;
    expect(pdfsig(flipped)).toContain('Digest Mismatch');
  });

  it('agree: openssl verifies the detached signature up to our authority, and not over other octets', () => {
    const { cms } = readSeal(sealed)!;
    const [, start, end, length] = /\/ByteRange \[0 (\d+) (\d+) (\d+)\]/.exec(sealed.toString('latin1'))!.map(Number);
    const covered = Buffer.concat([sealed.subarray(0, start), sealed.subarray(end, end! + length!)]);
    inFolder((folder) => {
      const file = (name: string, content: Buffer | string) => {
        writeFileSync(join(folder, name), content);
        return join(folder, name);
      };
      const ca = file('ca.pem', keys.kept.get('authority')!.certificatePem);
      const signature = file('cms.der', cms);
      const verify = (content: Buffer) =>
        execFileSync(
          'openssl',
          [
            'cms',
            '-verify',
            '-binary',
            '-inform',
            'DER',
            '-in',
            signature,
            '-content',
            file('content', content),
          ].concat(['-CAfile', ca, '-purpose', 'any', '-attime', String(NOW / 1000), '-out', join(folder, 'out')]),
          { stdio: 'pipe' },
        );
      expect(() => verify(covered)).not.toThrow();
      covered[100]! ^= 1;
      expect(() => verify(covered)).toThrow('CMS Verification failure');
    });
  });
});
