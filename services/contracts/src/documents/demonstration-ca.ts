import { createHash, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import * as asn1 from 'asn1js';
import * as pki from 'pkijs';

/** A private key (PKCS #8) and its certificate, both PEM. */
export interface KeyMaterial {
  privateKeyPem: string;
  certificatePem: string;
}

/** Where the caller keeps key material, encrypted at rest. */
export interface KeyStore {
  load(name: string): Promise<KeyMaterial | null>;
  /** Keeps `material` unless the name is taken, and returns what stands: of two racing first uses one wins. */
  keep(name: string, material: KeyMaterial): Promise<KeyMaterial>;
}

/** Stands in every subject, within the 64 characters X.520 allows: nobody may take these for licensed certificates. */
export const DISCLAIMER = '演示证书，非可靠电子签名 Demonstration, not a reliable signature';

export interface Subject {
  commonName: string;
  organisation: string;
  /** Identifies the subject whatever its names are: printable ASCII. */
  serialNumber: string;
}

type Purpose = 'authority' | 'consent' | 'seal';

const DAY_MS = 86_400_000;
const DAYS: Record<Purpose, number> = { authority: 30 * 365, consent: 2 * 366, seal: 2 * 366 };
/** First octet of the key usage bit string: certificate and CRL signing; signature with commitment; signature. */
const KEY_USAGE: Record<Purpose, number> = { authority: 0x06, consent: 0xc0, seal: 0x80 };
/** id-kp-documentSigning (RFC 9336): only the platform's seal has it, so a party's key cannot seal a file. */
export const DOCUMENT_SIGNING = '1.3.6.1.5.5.7.3.36';
/** id-kp-emailProtection: what older PDF readers and `openssl cms` ask for instead. */
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4';

/** A new demonstration authority: its own root. `now` in epoch milliseconds. */
export const createAuthority = (now: number): Promise<KeyMaterial> =>
  issueMaterial(
    { commonName: '豫知演示根证书 Yuzhi demonstration CA', organisation: '豫知 Yuzhi', serialNumber: '0' },
    'authority',
    now,
  );

/** A new key and its certificate, in force from the start of `now`'s day. Without an issuer it signs itself. */
export async function issueMaterial(
  subject: Subject,
  purpose: Purpose,
  now: number,
  issuer?: KeyMaterial,
): Promise<KeyMaterial> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const parent = issuer && new pki.Certificate({ schema: schemaOf(issuer.certificatePem) });
  const certificate = new pki.Certificate({ version: 2, serialNumber: newSerial(), subject: nameOf(subject) });
  certificate.issuer = parent?.subject ?? certificate.subject;
  const from = now - (now % DAY_MS);
  certificate.notBefore = timeOf(from);
  certificate.notAfter = timeOf(from + DAYS[purpose] * DAY_MS);
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey as CryptoKey);
  certificate.extensions = extensionsOf(purpose, keyIdOf(certificate), keyIdOf(parent ?? certificate));
  const signingKey = issuer
    ? await webcrypto.subtle.importKey('pkcs8', fromPem(issuer.privateKeyPem), algorithm, false, ['sign'])
    : keys.privateKey;
  await certificate.sign(signingKey as CryptoKey, 'SHA-256');
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    privateKeyPem: toPem('PRIVATE KEY', privateKey),
    certificatePem: toPem('CERTIFICATE', certificate.toSchema().toBER()),
  };
}

/** Whether `authority` signed this certificate; its dates are the caller's to check. */
export const isIssuedBy = (certificate: X509Certificate, authority: X509Certificate): boolean =>
  certificate.checkIssued(authority) && certificate.verify(authority.publicKey);

export const inForce = (certificate: X509Certificate, at: number): boolean =>
  Date.parse(certificate.validFrom) <= at && at <= Date.parse(certificate.validTo);

/** The parsed DER of a PEM certificate. */
export const schemaOf = (pem: string) => asn1.fromBER(fromPem(pem)).result;

function newSerial(): asn1.Integer {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40; // positive, and never a leading zero octet
  return new asn1.Integer({ valueHex: new Uint8Array(serial).buffer });
}

/** UTCTime ends with 2049 (RFC 5280, 4.1.2.5). */
const timeOf = (at: number) => {
  const value = new Date(at);
  return new pki.Time({
    type: value.getUTCFullYear() < 2050 ? pki.TimeType.UTCTime : pki.TimeType.GeneralizedTime,
    value,
  });
};

const short = (words: string) => new asn1.Utf8String({ value: Array.from(words).slice(0, 64).join('') });

function nameOf({ commonName, organisation, serialNumber }: Subject): pki.RelativeDistinguishedNames {
  const values: [type: string, value: asn1.Utf8String | asn1.PrintableString][] = [
    ['2.5.4.6', new asn1.PrintableString({ value: 'CN' })],
    ['2.5.4.10', short(organisation)],
    ['2.5.4.11', short(DISCLAIMER)],
    ['2.5.4.3', short(commonName)],
    ['2.5.4.5', new asn1.PrintableString({ value: serialNumber })],
  ];
  const rdns = values.map(([type, value]) => {
    const attribute = new pki.AttributeTypeAndValue({ type, value });
    return new asn1.Set({ value: [attribute.toSchema()] });
  });
  // Through DER, because the library would write its own list of attributes as one multi-valued name.
  const name = asn1.fromBER(new asn1.Sequence({ value: rdns }).toBER()).result;
  return new pki.RelativeDistinguishedNames({ schema: name });
}

const extension = (extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }) =>
  new pki.Extension({ extnID, critical, extnValue: value.toBER() });

function extensionsOf(purpose: Purpose, keyId: asn1.OctetString, issuerKeyId: asn1.OctetString): pki.Extension[] {
  const usage = KEY_USAGE[purpose];
  const unusedBits = 31 - Math.clz32(usage & -usage);
  const authorityKeyId = new pki.AuthorityKeyIdentifier({ keyIdentifier: issuerKeyId });
  return [
    extension('2.5.29.19', true, new pki.BasicConstraints({ cA: purpose === 'authority' }).toSchema()),
    extension('2.5.29.15', true, new asn1.BitString({ valueHex: new Uint8Array([usage]).buffer, unusedBits })),
    extension('2.5.29.14', false, keyId),
    extension('2.5.29.35', false, authorityKeyId.toSchema()),
    ...(purpose === 'seal'
      ? [
          extension(
            '2.5.29.37',
            false,
            new pki.ExtKeyUsage({ keyPurposes: [DOCUMENT_SIGNING, EMAIL_PROTECTION] }).toSchema(),
          ),
        ]
      : []),
  ];
}

/** The leftmost 160 bits of SHA-256 of the public key (RFC 7093, method 1). */
function keyIdOf(certificate: pki.Certificate): asn1.OctetString {
  const key = certificate.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView;
  const id = createHash('sha256').update(key).digest().subarray(0, 20);
  return new asn1.OctetString({ valueHex: new Uint8Array(id).buffer });
}

function toPem(label: string, der: ArrayBuffer): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

const fromPem = (pem: string) => new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
