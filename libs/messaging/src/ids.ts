import { createHash, randomFillSync } from 'node:crypto';

const text = (b: Buffer) => b.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

export function uuidv7(now = Date.now()): string {
  const b = randomFillSync(Buffer.allocUnsafe(16));
  b.writeUIntBE(now, 0, 6);
  b[6] = 0x70 | (b[6]! & 0x0f);
  b[8] = 0x80 | (b[8]! & 0x3f);
  return text(b);
}

/** The same id for the same words. Keeps the first 48 bits (the time) of a UUIDv7 parent: indexes stay ordered. */
export function derivedId(parent: string, ...words: string[]): string {
  const b = createHash('sha256')
    .update([parent, ...words].join('\0'))
    .digest()
    .subarray(0, 16);
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[78]/.test(parent)) b.write(parent.replace('-', '').slice(0, 12), 0, 'hex');
  b[6] = 0x80 | (b[6]! & 0x0f);
  b[8] = 0x80 | (b[8]! & 0x3f);
  return text(b);
}

/** Of the raw input: the same key with another body is another request. */
export const inputHash = (...words: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(words)).digest('base64url');
