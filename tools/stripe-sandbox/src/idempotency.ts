import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { StripeFailure, invalid } from './failure.ts';
import type { Work } from './work.ts';

/** What a request was answered with. */
export interface Answer {
  status: number;
  /** JSON as it went out: a repetition is the same to the byte. */
  body: string;
  /** The first request with this key, when this is a repetition of its answer. */
  replays?: string;
}

export interface Keyed {
  account: string;
  key: string;
  /** Method and path. */
  endpoint: string;
  /** Digest of the parameters. */
  params: string;
}

const LIFE_S = { v1: 86_400, v2: 30 * 86_400 };

/** The parameters in an order of their own: the same set makes the same digest. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, part]) => [name, canonical(part)]);
}

export const digestOf = (params: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(canonical(params)))
    .digest('hex');

function mismatch(key: string, what: string): StripeFailure {
  const hint = `Try using a key other than '${key}' if you meant to execute a different request.`;
  return new StripeFailure(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used ${what}. ${hint}`,
  });
}

export function checkKey(key: string): void {
  if (key.length <= 255) return;
  throw invalid('Idempotency keys can be at most 255 characters long.');
}

interface Stored {
  endpoint: string;
  params: string;
  status: number;
  body: string;
  request: string;
}

/** The answer that this key already has. Throws idempotency_error when it was given to another request. */
export async function replayOf(client: PoolClient, work: Work, keyed: Keyed): Promise<Answer | undefined> {
  const { rows } = await client.query<Stored>({
    name: 'replay',
    text:
      'select endpoint, params, status, body, request from stripe_sandbox.idempotency ' +
      'where account = $1 and key = $2 and expires_at > $3',
    values: [keyed.account, keyed.key, work.now],
  });
  const stored = rows[0];
  if (!stored) return undefined;
  if (stored.endpoint !== keyed.endpoint) {
    const endpoints = `('${keyed.endpoint}' vs '${stored.endpoint}')`;
    throw mismatch(keyed.key, `for the same endpoint they were first used for ${endpoints}`);
  }
  if (stored.params !== keyed.params) throw mismatch(keyed.key, 'with the same parameters they were first used with');
  return { status: stored.status, body: stored.body, replays: stored.request };
}

/** Keeps the answer, in the transaction of what it tells of. v2 keeps successes: there a failure is tried again. */
export async function keep(client: PoolClient, work: Work, keyed: Keyed, answer: Answer): Promise<void> {
  const version = keyed.endpoint.includes(' /v2/') ? 'v2' : 'v1';
  if (version === 'v2' && answer.status >= 400) return;
  const { account, key, endpoint, params } = keyed;
  const expiresAt = work.now + LIFE_S[version];
  await client.query({
    name: 'keep',
    text: `insert into stripe_sandbox.idempotency (account, key, endpoint, params, status, body, request, expires_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (account, key) do update set endpoint = $3, params = $4,
      status = $5, body = $6, request = $7, expires_at = $8`,
    values: [account, key, endpoint, params, answer.status, answer.body, work.scene.requestId, expiresAt],
  });
}
