import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createAuthority,
  DISCLAIMER,
  inForce,
  isIssuedBy,
  issueMaterial,
  type KeyMaterial,
} from './demonstration-ca.ts';

const NOW = Date.parse('2026-11-24T09:30:00+08:00');
const DAY_MS = 86_400_000;
const subject = { commonName: '王建国', organisation: '演示数据·嵩山精密制造有限公司', serialNumber: 'a'.repeat(64) };
const certificateOf = ({ certificatePem }: KeyMaterial) => new X509Certificate(certificatePem);

describe('the demonstration authority', () => {
  let authority: KeyMaterial;
  let seal: KeyMaterial;
  let consent: KeyMaterial;
  beforeAll(async () => {
    authority = await createAuthority(NOW);
    [seal, consent] = await Promise.all([
      issueMaterial(subject, 'seal', NOW, authority),
      issueMaterial(subject, 'consent', NOW, authority),
    ]);
  });

  it('issues certificates that OpenSSL traces back to it, and to no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ca-'));
    const file = (name: string, pem: string) => {
      writeFileSync(join(folder, name), pem);
      return join(folder, name);
    };
    try {
      const leaf = file('leaf.pem', seal.certificatePem);
      const root = file('root.pem', authority.certificatePem);
      const other = file('other.pem', (await createAuthority(NOW)).certificatePem);
      const verify = (ca: string) =>
        execFileSync('openssl', ['verify', '-x509_strict', '-attime', String(NOW / 1000), '-CAfile', ca, leaf], {
          stdio: ['ignore', 'pipe', 'pipe'],
        }).toString();
      expect(verify(root)).toContain('leaf.pem: OK');
      expect(() => verify(other)).toThrow('unable to get local issuer certificate');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says in every certificate that it is a demonstration', () => {
    for (const material of [authority, seal, consent]) {
      expect(certificateOf(material).toLegacyObject().subject).toMatchObject({ OU: DISCLAIMER });
      expect(DISCLAIMER).toContain('非可靠电子签名');
    }
  });

  it('lets only the seal sign documents, and only itself sign certificates', () => {
    const usage = (material: KeyMaterial) => certificateOf(material).keyUsage;
    expect(usage(seal)).toContain('1.3.6.1.5.5.7.3.36');
    expect(usage(consent)).toBeUndefined();
    expect([authority, seal, consent].map((m) => certificateOf(m).ca)).toEqual([true, false, false]);
  });

  it('recognises what it issued', async () => {
    expect(isIssuedBy(certificateOf(seal), certificateOf(authority))).toBe(true);
    expect(isIssuedBy(certificateOf(seal), certificateOf(await createAuthority(NOW)))).toBe(false);
    expect(isIssuedBy(certificateOf(seal), certificateOf(consent))).toBe(false);
  });

  it('issues for two years from the start of the day, so that a signature of that year is in force', () => {
    const certificate = certificateOf(consent);
    const from = NOW - (NOW % DAY_MS);
    expect(inForce(certificate, from)).toBe(true);
    expect(inForce(certificate, from - 1_000)).toBe(false);
    expect(inForce(certificate, from + 732 * DAY_MS)).toBe(true);
    expect(inForce(certificate, from + 732 * DAY_MS + 1_000)).toBe(false);
  });

  it('writes names of more than the 64 characters that X.520 allows in short', async () => {
    const long = await issueMaterial({ ...subject, organisation: '很'.repeat(100) }, 'consent', NOW, authority);
    expect(certificateOf(long).subject).toContain(`O=${'很'.repeat(64)}\n`);
  });

  it('never gives two certificates one serial number', () => {
    const serials = [authority, seal, consent].map((m) => certificateOf(m).serialNumber);
    expect(new Set(serials).size).toBe(3);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });
});
