import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RecordedRequest } from './request-log.ts';

const MODULE = 'github.com/stripe/stripe-mock@v0.197.0';
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PROGRAM = join(ROOT, '.yuzhi/bin/stripe-mock');
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

/** What builds it where Go is older than 1.21, which cannot fetch the newer one that a module asks for by itself. */
const TOOLCHAIN = 'golang.org/toolchain@v0.0.1-go1.23.4';

const execute = promisify(execFile);

async function goProgram(): Promise<string> {
  const { stdout } = await execute('go', ['version']);
  const [, minor, platform] = /go1\.(\d+)\S* (\S+)/.exec(stdout) ?? [];
  if (!minor || Number(minor) >= 21) return 'go';
  const module = `${TOOLCHAIN}.${platform!.replace('/', '-')}`;
  const { Dir: folder } = JSON.parse((await execute('go', ['mod', 'download', '-json', module])).stdout) as {
    Dir: string;
  };
  // A module's files come without the permission to run.
  await execute('chmod', ['-R', '+x', join(folder, 'bin'), join(folder, 'pkg/tool')]);
  return join(folder, 'bin/go');
}

/** Go builds it from its source the first time; of several that try at once, each ends with a whole program. */
async function install(): Promise<void> {
  if (existsSync(PROGRAM)) return;
  const draft = `${PROGRAM}.draft-${process.pid}`;
  mkdirSync(draft, { recursive: true });
  try {
    await execute('env', [`GOBIN=${draft}`, await goProgram(), 'install', MODULE]);
    renameSync(join(draft, 'stripe-mock'), PROGRAM);
  } catch (error) {
    const said = (error as Error & { stderr?: string }).stderr?.trim() || (error as Error).message;
    throw new Error(
      `stripe-mock could not be built: ${said}\nIt needs Go (apt-get install -y golang, or https://go.dev/dl) and ` +
        `its module proxy; or put the program of ${MODULE} at ${PROGRAM}.`,
      { cause: error },
    );
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
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
  mkdirSync(dirname(PROGRAM), { recursive: true });
  await install();
  const child = spawn(PROGRAM, ['-http-addr', '127.0.0.1:0', '-https-addr', '127.0.0.1:0'], {
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
