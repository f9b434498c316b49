import { derivedId } from '@yuzhi/messaging/ids';
import { Id } from '@yuzhi/protocol/scalars';
import { z } from 'zod';

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

/**
 * Where an issuer publishes its keys (OpenID Connect Discovery 1.0, §4). Throws a sentence that names the issuer when
 * it cannot be asked, or speaks for another (§4.3).
 */
export async function findKeys(issuerUrl: string): Promise<string> {
  const at = `${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const failed = (why: string) => new Error(`the issuer ${issuerUrl} cannot be used: ${why}`);
  const response = await fetch(at, { signal: AbortSignal.timeout(5000) }).catch((error: unknown) => {
    const { cause, message } = error as Error;
    throw failed(`${at} could not be reached (${cause instanceof Error ? cause.message : message})`);
  });
  if (!response.ok) throw failed(`${at} answered ${response.status}`);
  const read = Discovery.safeParse(await response.json().catch(() => undefined));
  if (!read.success) throw failed(`${at} is no discovery document`);
  if (read.data.issuer !== issuerUrl) throw failed(`${at} speaks for ${read.data.issuer}`);
  return read.data.jwks_uri;
}

/** The person behind a token's subject: an issuer may name people as it likes, and no two issuers name the same one. */
export const personOf = (issuerUrl: string, subject: string): string =>
  Id.safeParse(subject).success ? subject.toLowerCase() : derivedId('subject', issuerUrl, subject);
