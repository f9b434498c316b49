import type { Bilingual } from './contract-document.ts';

/** A natural person signing for a party; for himself both are the same. */
export interface Signer {
  personId: string;
  personName: string;
  partyId: string;
  partyName: string;
}

/** How a signer showed his will for this one document. A key the platform holds proves nothing without it. */
export interface Consent {
  /** Epoch milliseconds. */
  at: number;
  method: 'signed-in' | 'one-time-code' | 'passkey' | 'password-again';
  /** Where the proof is kept: the id of the command, or of the challenge that was answered. Never a secret itself. */
  evidence: string;
}

export interface SignatureRequest {
  /** SHA-256 of the contract's canonical content, lower-case hex. */
  documentHash: string;
  signer: Signer;
  consent: Consent;
}

/** One party's signature, sufficient to check it again without the provider's database. */
export interface SignatureRecord extends SignatureRequest {
  /** Epoch milliseconds, by the provider's clock. */
  at: number;
  certificatePem: string;
  /** Detached, over the consent statement; base64. */
  signature: string;
  algorithm: string;
}

export interface CertificateReference {
  /** Lower-case hex. */
  serial: string;
  certificatePem: string;
  /** Epoch milliseconds. */
  notAfter: number;
}

export const SIGNATURE_FAULTS = [
  'document-hash-mismatch',
  'certificate-untrusted',
  'certificate-not-in-force',
  'signature-mismatch',
] as const;
export type SignatureFault = (typeof SIGNATURE_FAULTS)[number];

export const SEAL_FAULTS = ['no-seal', 'bytes-outside-seal', 'certificate-untrusted', 'seal-mismatch'] as const;
export type SealFault = (typeof SEAL_FAULTS)[number];

export type SignatureVerdict = { valid: true } | { valid: false; reason: SignatureFault };

export interface SealVerdict {
  /** The seal holds, its certificate is trusted, and nothing in the file lies outside it. */
  valid: boolean;
  signedBy: string | null;
  /** Claimed time of sealing, epoch milliseconds. */
  at: number | null;
  coversWholeFile: boolean;
  reason?: SealFault;
}

export const SIGNATURES = Symbol('yuzhi.contracts.signatures');

/** Signing as the platform needs it: every party signs the content's hash, then the platform seals the file once. */
export interface SignatureProvider {
  /** What a reader must be told about these signatures; null where they are reliable in the sense of the law. */
  readonly notice: Bilingual | null;
  issue(signer: Signer): Promise<CertificateReference>;
  sign(request: SignatureRequest): Promise<SignatureRecord>;
  verify(record: SignatureRecord, documentHash: string): Promise<SignatureVerdict>;
  /** Throws where a record does not verify for `documentHash`: a seal over a bad signature would vouch for it. */
  seal(pdf: Uint8Array, request: SealRequest): Promise<Uint8Array>;
  verifySeal(pdf: Uint8Array): Promise<SealVerdict>;
}

export interface SealRequest {
  /** Shown by PDF readers. */
  reason: string;
  documentHash: string;
  records: SignatureRecord[];
}
