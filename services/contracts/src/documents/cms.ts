import { createHash, sign, verify, X509Certificate } from 'node:crypto';
import * as asn1 from 'asn1js';
import * as pki from 'pkijs';
import type { KeyMaterial } from './demonstration-ca.ts';

const SHA_256 = '2.16.840.1.101.3.4.2.1';
const ECDSA_WITH_SHA_256 = '1.2.840.10045.4.3.2';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';

/**
 * A detached CAdES signature (ETSI EN 319 122-1, B-B) over content of this SHA-256 `digest`, as PAdES wants it: with
 * signing-certificate-v2 and without signing-time, which the PDF itself states. DER.
 */
export function signDetached(digest: Uint8Array, signer: KeyMaterial, authority: X509Certificate): Buffer {
  const certificate = new X509Certificate(signer.certificatePem);
  const signature = sign('sha256', signedBytes(digest, certificate), signer.privateKeyPem);
  return assemble(digest, certificate, authority, signature);
}

/**
 * The certificate that signed `cms` over content of this digest, or null. Everything but certificate and signature is
 * built anew and compared byte by byte, so that no octet of the structure is left unchecked. Trust is the caller's.
 */
export function signerOf(cms: Uint8Array, digest: Uint8Array, authority: X509Certificate): X509Certificate | null {
  try {
    const { content } = pki.ContentInfo.fromBER(new Uint8Array(cms));
    const data = new pki.SignedData({ schema: content });
    const signature = Buffer.from(data.signerInfos[0]!.signature.valueBlock.valueHexView);
    const first = data.certificates?.[0] as pki.Certificate;
    const certificate = new X509Certificate(Buffer.from(first.toSchema().toBER()));
    if (!assemble(digest, certificate, authority, signature).equals(cms)) return null;
    return verify('sha256', signedBytes(digest, certificate), certificate.publicKey, signature) ? certificate : null;
  } catch {
    return null; // not a CMS structure at all
  }
}

const octets = (bytes: Uint8Array) => new asn1.OctetString({ valueHex: new Uint8Array(bytes).buffer });
const sequence = (...value: asn1.AsnType[]) => new asn1.Sequence({ value });
const algorithm = (algorithmId: string) => new pki.AlgorithmIdentifier({ algorithmId });
const parsed = (certificate: X509Certificate) => pki.Certificate.fromBER(new Uint8Array(certificate.raw));

/** In the order DER sets them. ESSCertIDv2 holds only the hash, SHA-256 being its default (RFC 5035). */
function signedAttributes(digest: Uint8Array, certificate: X509Certificate): pki.SignedAndUnsignedAttributes {
  const certificateHash = createHash('sha256').update(certificate.raw).digest();
  const attributes: [type: string, value: asn1.AsnType][] = [
    [CONTENT_TYPE, new asn1.ObjectIdentifier({ value: pki.id_ContentType_Data })],
    [MESSAGE_DIGEST, octets(digest)],
    [SIGNING_CERTIFICATE_V2, sequence(sequence(sequence(octets(certificateHash))))],
  ];
  return new pki.SignedAndUnsignedAttributes({
    type: 0,
    attributes: attributes.map(([type, value]) => new pki.Attribute({ type, values: [value] })),
  });
}

/** Signed is the SET OF attributes, not the context tag it travels under (RFC 5652, 5.4). */
function signedBytes(digest: Uint8Array, certificate: X509Certificate): Buffer {
  const der = Buffer.from(signedAttributes(digest, certificate).toSchema().toBER());
  der[0] = 0x31;
  return der;
}

function assemble(
  digest: Uint8Array,
  certificate: X509Certificate,
  authority: X509Certificate,
  signature: Buffer,
): Buffer {
  const leaf = parsed(certificate);
  const signer = new pki.SignerInfo({
    version: 1,
    sid: new pki.IssuerAndSerialNumber({ issuer: leaf.issuer, serialNumber: leaf.serialNumber }),
    digestAlgorithm: algorithm(SHA_256),
    signedAttrs: signedAttributes(digest, certificate),
    signatureAlgorithm: algorithm(ECDSA_WITH_SHA_256),
    signature: octets(signature),
  });
  const data = new pki.SignedData({
    version: 1,
    digestAlgorithms: [algorithm(SHA_256)],
    encapContentInfo: new pki.EncapsulatedContentInfo({ eContentType: pki.id_ContentType_Data }),
    certificates: [leaf, parsed(authority)],
    signerInfos: [signer],
  });
  const content = new pki.ContentInfo({ contentType: pki.id_ContentType_SignedData, content: data.toSchema(true) });
  return Buffer.from(content.toSchema().toBER());
}
