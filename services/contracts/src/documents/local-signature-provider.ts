import { sign, verify, X509Certificate } from 'node:crypto';
import { canonicalJson, sha256 } from './canonical-json.ts';
import { signDetached, signerOf } from './cms.ts';
import {
  createAuthority,
  DOCUMENT_SIGNING,
  inForce,
  isIssuedBy,
  issueMaterial,
  type KeyMaterial,
  type KeyStore,
  type Subject,
} from './demonstration-ca.ts';
import { fillSeal, readSeal, withEmptySeal } from './pdf-seal.ts';
import type {
  CertificateReference,
  SealRequest,
  SealVerdict,
  SignatureProvider,
  SignatureRecord,
  SignatureRequest,
  SignatureVerdict,
  Signer,
} from './signature-provider.ts';

const ALGORITHM = 'ECDSA P-256, SHA-256';
const STATEMENT =
  '本人代表该方同意签署内容摘要如下的合同 On behalf of this party I sign the contract whose content has this digest';
const SEAL_NAME = '豫知演示电子印章 Yuzhi demonstration seal';

/** A demonstration: this process makes the authority and holds every key, so no signer has sole control of his. */
export class LocalSignatureProvider implements SignatureProvider {
  readonly notice = {
    zh: '演示签名：证书由平台自建的演示机构签发，不是《电子签名法》第十三条所称的可靠电子签名，不产生签署的法律效力。',
    en:
      'Demonstration signatures: the certificates come from a demonstration authority of the platform itself. ' +
      'They are not reliable electronic signatures in the sense of article 13 of the Electronic Signature Law ' +
      'and do not bind.',
  };

  constructor(
    private readonly keys: KeyStore,
    /** The platform's time, epoch milliseconds. */
    private readonly now: () => Promise<number>,
  ) {}

  async issue(signer: Signer): Promise<CertificateReference> {
    const { certificatePem } = await this.keyOf(signer, await this.now());
    const { serialNumber, validTo } = new X509Certificate(certificatePem);
    return { serial: serialNumber.toLowerCase(), certificatePem, notAfter: Date.parse(validTo) };
  }

  async sign({ documentHash, signer, consent }: SignatureRequest): Promise<SignatureRecord> {
    const at = await this.now();
    const { privateKeyPem, certificatePem } = await this.keyOf(signer, at);
    const unsigned = { documentHash, signer, consent, at, certificatePem, algorithm: ALGORITHM };
    return { ...unsigned, signature: sign('sha256', statementOf(unsigned), privateKeyPem).toString('base64') };
  }

  async verify(record: SignatureRecord, documentHash: string): Promise<SignatureVerdict> {
    if (record.documentHash !== documentHash) return { valid: false, reason: 'document-hash-mismatch' };
    const certificate = certificateIn(record.certificatePem);
    const named = certificate?.toLegacyObject().subject as { serialNumber?: string } | undefined;
    const known = named?.serialNumber === subjectOf(record.signer).serialNumber;
    if (!certificate || !known || !isIssuedBy(certificate, await this.authority())) {
      return { valid: false, reason: 'certificate-untrusted' };
    }
    if (!inForce(certificate, record.at)) return { valid: false, reason: 'certificate-not-in-force' };
    const signature = Buffer.from(record.signature, 'base64');
    const spelled = record.algorithm === ALGORITHM && signature.toString('base64') === record.signature;
    const holds = spelled && verify('sha256', statementOf(record), certificate.publicKey, signature);
    return holds ? { valid: true } : { valid: false, reason: 'signature-mismatch' };
  }

  async seal(pdf: Uint8Array, { reason, documentHash, records }: SealRequest): Promise<Buffer> {
    for (const record of records) {
      const verdict = await this.verify(record, documentHash);
      if (!verdict.valid) throw new Error(`not sealed: ${record.signer.partyId} ${verdict.reason}`);
    }
    const at = await this.now();
    const name = `seal/${new Date(at).getUTCFullYear()}`;
    const key = await this.material(
      name,
      { commonName: SEAL_NAME, organisation: '豫知 Yuzhi', serialNumber: '1' },
      'seal',
      at,
    );
    const empty = await withEmptySeal(pdf, { name: SEAL_NAME, reason, at });
    const authority = await this.authority();
    return fillSeal(empty, (digest) => signDetached(digest, key, authority));
  }

  async verifySeal(pdf: Uint8Array): Promise<SealVerdict> {
    const found = readSeal(Buffer.from(pdf));
    if (!found) return { valid: false, signedBy: null, at: null, coversWholeFile: false, reason: 'no-seal' };
    const { at, coversWholeFile } = found;
    const authority = await this.authority();
    const certificate = signerOf(found.cms, found.digest, authority);
    if (!certificate) return { valid: false, signedBy: null, at, coversWholeFile, reason: 'seal-mismatch' };
    const maySeal = certificate.keyUsage?.includes(DOCUMENT_SIGNING) && inForce(certificate, at);
    if (!maySeal || !isIssuedBy(certificate, authority)) {
      return { valid: false, signedBy: null, at, coversWholeFile, reason: 'certificate-untrusted' };
    }
    // Only what our own authority certified may be shown as a name.
    const { CN: signedBy } = certificate.toLegacyObject().subject as { CN: string };
    if (!coversWholeFile) return { valid: false, signedBy, at, coversWholeFile, reason: 'bytes-outside-seal' };
    return { valid: true, signedBy, at, coversWholeFile };
  }

  private async authority(): Promise<X509Certificate> {
    return new X509Certificate((await this.authorityMaterial()).certificatePem);
  }

  private async authorityMaterial(): Promise<KeyMaterial> {
    return (await this.keys.load('authority')) ?? this.keys.keep('authority', await createAuthority(await this.now()));
  }

  /** One key for each signer and calendar year, which every certificate outlives. */
  private keyOf(signer: Signer, at: number): Promise<KeyMaterial> {
    const name = `signer/${sha256(canonicalJson(signer))}/${new Date(at).getUTCFullYear()}`;
    return this.material(name, subjectOf(signer), 'consent', at);
  }

  private async material(
    name: string,
    subject: Subject,
    purpose: 'consent' | 'seal',
    at: number,
  ): Promise<KeyMaterial> {
    const kept = await this.keys.load(name);
    return kept ?? this.keys.keep(name, await issueMaterial(subject, purpose, at, await this.authorityMaterial()));
  }
}

/** The certificate's serial number attribute ties it to exactly these ids and names. */
const subjectOf = (signer: Signer): Subject => ({
  commonName: signer.personName,
  organisation: signer.partyName,
  serialNumber: sha256(canonicalJson(signer)),
});

/** What a signer declares, the certificate included so that it cannot be exchanged. */
const statementOf = ({
  documentHash,
  signer,
  consent,
  at,
  certificatePem,
  algorithm,
}: Omit<SignatureRecord, 'signature'>) =>
  Buffer.from(
    canonicalJson({
      statement: STATEMENT,
      documentHash,
      signer,
      consent,
      at,
      certificateSha256: sha256(certificatePem),
      algorithm,
    }),
  );

function certificateIn(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}
