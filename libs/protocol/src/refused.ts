import type { Outcome, Refusals, Words } from './declare.ts';
import { platformRefusals } from './platform.ts';

/** The platform said no: an entry of a closed catalogue. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    readonly code: string,
    readonly status: number,
    readonly words: Words,
    readonly next: Words,
    /** What else the refusal says, such as the next valid price. */
    readonly body: Record<string, unknown>,
  ) {
    super(`${code}: ${words.en}`);
  }
}

/** No outcome within the deadline. It may still be done: ask the operation, or send again with the same key. */
export class Undecided extends Error {
  override readonly name = 'Undecided';
  constructor(
    readonly idempotencyKey: string,
    readonly operation: string | undefined,
    options?: ErrorOptions,
  ) {
    super(`not decided within the deadline${operation ? `, see ${operation}` : ''}`, options);
  }
}

/** They say nothing about the request itself: ours, and those of a proxy whose gateway is away. */
const UNANSWERED = ['log-unavailable', 'owner-unavailable', 'overloaded', 'http-502', 'http-503', 'http-504'];

/** Nobody answered for the request: it may be sent again at once. `fetch` reports a lost connection as a TypeError. */
export const isUnanswered = (failure: unknown): boolean =>
  failure instanceof Refused ? UNANSWERED.includes(failure.code) : (failure as Error | undefined)?.name === 'TypeError';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function readWords(value: unknown): Words | undefined {
  const { zh, en } = isObject(value) ? value : {};
  return typeof zh === 'string' && typeof en === 'string' ? { zh, en } : undefined;
}

/** A problem brings its words; an outcome that is read later has only its code, and the catalogue knows the rest. */
export function refusedFrom({ status, code, body }: Outcome, rejections: Refusals = {}): Refused {
  const said = isObject(body) ? body : {};
  const known = { ...platformRefusals, ...rejections }[code] ?? platformRefusals['owner-unavailable'];
  const words = readWords(said) ?? readWords(known)!;
  return new Refused(code, status, words, readWords(said['next']) ?? known.next, said);
}

export async function readRefusal(response: Response, rejections?: Refusals): Promise<Refused> {
  const { status } = response;
  // A proxy in between may have answered with a page of its own.
  const body: unknown = await response.json().catch(() => undefined);
  const code = isObject(body) && typeof body['code'] === 'string' ? body['code'] : `http-${status}`;
  return refusedFrom({ status, code, body }, rejections);
}
