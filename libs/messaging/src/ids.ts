import { hash, randomUUID } from 'node:crypto';
import type { Asked } from '@yuzhi/database/journal';

/** The time over a random id, whose entropy Node draws for many at once. */
export function uuidv7(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** The same id for the same words. Keeps the first 48 bits (the time) of a UUIDv7 parent: indexes stay ordered. */
export function derivedId(parent: string, ...words: string[]): string {
  const h = hash('sha256', [parent, ...words].join('\0'), 'hex');
  const start = /^[0-9a-f]{8}-[0-9a-f]{4}-[78]/.test(parent)
    ? parent.slice(0, 13)
    : `${h.slice(0, 8)}-${h.slice(8, 12)}`;
  const variant = '89ab'[parseInt(h[16]!, 16) & 3];
  return `${start}-8${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20, 32)}`;
}

/** A request as the inbox files it. */
export const askedOf = (party: string, aggregate: string, idempotencyKey: string): Asked => ({
  id: derivedId(idempotencyKey, party, aggregate),
  party,
  aggregate,
  idempotencyKey,
});

/** Of the raw input: the same key with another body is another request. */
export const inputHash = (...words: unknown[]): string => hash('sha256', JSON.stringify(words), 'base64url');
