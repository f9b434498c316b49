import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const scryptKey = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt);
/** OWASP's floor for scrypt is N = 2^17; 2^15 with r = 8 keeps a sign-in at about 60 ms of one core and 32 MB. */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 2 ** 20 };
const KEY_BYTES = 32;
/** At once, of the four threads that Node has for such work: signing in to Postgres needs one too. */
const AT_ONCE = 2;
let deriving = 0;
const waiting: (() => void)[] = [];

async function derive(secret: string, salt: Buffer): Promise<Buffer> {
  if (deriving < AT_ONCE) deriving += 1;
  else await new Promise<void>((go) => waiting.push(go));
  try {
    return await scryptKey(secret.normalize('NFKC'), salt, KEY_BYTES, COST);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else deriving -= 1;
  }
}

/** What is kept of a password or client secret: salt and key, never itself. */
export async function hashSecret(secret: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(secret, salt);
  return `scrypt$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

export async function secretMatches(secret: string, kept: string): Promise<boolean> {
  const [kind, salt = '', key = ''] = kept.split('$');
  if (kind !== 'scrypt') return false;
  const given = await derive(secret, Buffer.from(salt, 'base64url'));
  return timingSafeEqual(given, Buffer.from(key, 'base64url'));
}

/** A key of its own for each purpose, from the one secret of the configuration. */
export const keyFor = (purpose: string, secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, 'yuzhi.identity', purpose, KEY_BYTES));

/** AES-256-GCM: nonce, tag and ciphertext as base64url. */
export function encrypt(text: string, key: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** Throws when the key is another or a bit was changed. */
export function decrypt(sealed: string, key: Buffer): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
}
