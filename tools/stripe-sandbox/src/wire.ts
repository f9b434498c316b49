import { randomBytes } from 'node:crypto';
import type { Metadata } from './states.ts';

/** The version of the API that this sandbox speaks, whatever version a client asks for. */
export const API_VERSION = '2026-10-28.endive';
/** Eight digits: the largest amount Stripe takes in one charge, ¥999,999.99. */
export const MAX_AMOUNT_FEN = 99_999_999n;
export const DAY_S = 86_400;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function token(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** An id in Stripe's manner, `pi_…`. Accounts have shorter ones. */
export const newId = (prefix: string): string => `${prefix}_${token(prefix === 'acct' ? 16 : 24)}`;

/** Fen as the JSON number that Stripe's own wire wants. */
export function toWire(fen: bigint): number {
  const value = Number(fen);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${fen} fen do not fit a JSON number`);
  return value;
}

/** Metadata after an update: an empty value removes its key, null removes all of it. */
export function mergeMetadata(old: Metadata, patch: Metadata | null | undefined): Metadata {
  if (patch === undefined) return old;
  if (patch === null) return {};
  return Object.fromEntries(Object.entries({ ...old, ...patch }).filter(([, value]) => value !== ''));
}
