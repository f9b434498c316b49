import { createHash } from 'node:crypto';

/**
 * JSON in which equal values have equal bytes: keys sorted by UTF-16 code unit, no spaces (RFC 8785, for values without
 * fractions). Throws TypeError on anything JSON would drop or bend, so that nothing signed over is silently lost.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`;
  }
  const plain = value === null || typeof value === 'boolean' || Number.isSafeInteger(value);
  if (!plain && !(typeof value === 'string' && value.isWellFormed())) throw new TypeError('not canonical JSON');
  return JSON.stringify(value);
}

/** Lower-case hex. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
