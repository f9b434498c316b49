import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { provideGoProgram } from '@yuzhi/backing/go-programs';
import type { RecordedRequest } from './request-log.ts';

const PROGRAM = { name: 'stripe-mock', module: 'github.com/stripe/stripe-mock@v0.197.0' };
const START_TIMEOUT_MS = 20_000;

/** A request that Stripe's own description of its API does not allow. */
export interface Refusal {
  request: RecordedRequest;
  status: number;
  message: string;
}

export interface StripeMock {
  url: string;
  /** Makes the requests again and answers those that were refused: none, if the client speaks Stripe's API. */
  replay(requests: RecordedRequest[]): Promise<Refusal[]>;
  stop(): Promise<void>;
}

/** It chooses a free port itself, and says which. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    const late = setTimeout(() => reject(new Error(`stripe-mock did not start: ${said.join(' ')}`)), START_TIMEOUT_MS);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`stripe-mock ended: ${said.join(' ')}`)));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      said.push(line);
      const found = /Listening for HTTP at address: (\S+)/.exec(line);
      if (!found) return;
      clearTimeout(late);
      resolve(found[1]!);
    });
  });
}

/** It describes the API of a year ago, which had another name for this parameter of the same kind. */
const asOf2025 = (body: string): string => body.replaceAll('allowed_payment_method_types', 'payment_method_types');

async function refusalOf(url: string, request: RecordedRequest): Promise<Refusal | undefined> {
  const response = await fetch(url + request.url, {
    method: request.method,
    headers: {
      authorization: 'Bearer sk_test_replay',
      ...(request.contentType && { 'content-type': request.contentType }),
    },
    ...(request.method === 'POST' && { body: asOf2025(request.body) }),
  });
  const answer = (await response.json()) as { error?: { message: string } };
  if (response.ok) return undefined;
  return { request, status: response.status, message: answer.error?.message ?? '' };
}

/**
 * Starts the official stripe-mock, which checks requests against Stripe's OpenAPI description and keeps nothing.
 * It knows no `/v2` endpoint. Throws, and says what is missing, where it can be neither found nor built.
 */
export async function startStripeMock(): Promise<StripeMock> {
  const program = await provideGoProgram(PROGRAM);
  const child = spawn(program, ['-http-addr', '127.0.0.1:0', '-https-addr', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const url = `http://${await addressOf(child)}`;
  return {
    url,
    replay: async (requests) => {
      const refusals: Refusal[] = [];
      for (const request of requests) {
        const refusal = await refusalOf(url, request);
        if (refusal) refusals.push(refusal);
      }
      return refusals;
    },
    stop: async () => {
      process.off('exit', end);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}
