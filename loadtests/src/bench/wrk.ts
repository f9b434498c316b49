import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@yuzhi/backing/environment';
import { z } from 'zod';
import type { Bidder } from './bidders.ts';
import { biddersPerLot, noteSent, turnOf } from './turns.ts';

const scriptOf = (name: string) => join(root, `loadtests/src/bench/${name}.lua`);
/** Of what a failed program said: some say the same for every connection. */
const SAID_MAX = 600;

const Answer = z.object({
  sent: z.int(),
  answered: z.int(),
  accepted: z.int(),
  /** By status and code, such as `422 bid-below-next-valid`. */
  others: z.record(z.string(), z.int()),
  /** Connections that broke and answers that never came. */
  unanswered: z.int(),
  seconds: z.number(),
  /** [percentile, ms]: of a closed loop, which waits when the server does. Not to be quoted. */
  latencyMs: z.array(z.tuple([z.number(), z.number()])),
});
/** What came of a load. */
export type Loaded = z.output<typeof Answer>;

export interface BidLoad {
  url: string;
  lots: readonly string[];
  bidders: readonly Bidder[];
  connections: number;
  seconds: number;
}

/** Runs a program to its end and answers what it printed. Throws what it said when it fails. */
export function output(command: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    let said = '';
    let wrong = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (wrong += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`${command} ended with ${code}: ${(wrong || said).trim().slice(0, SAID_MAX)}`));
    });
  });
}

const quoted = (texts: readonly string[]) => texts.map((text) => JSON.stringify(text)).join(',');
const tokens = (people: readonly Bidder[]) =>
  people.map(({ token, organisation }) => `{${quoted([token, organisation])}}`).join(',');

interface Run extends Pick<BidLoad, 'url' | 'connections' | 'seconds'> {
  /** Of the script, without its ending. */
  script: string;
  /** The fields of the table that the script reads, as Lua. */
  fields: string;
}

async function runWrk({ url, connections, seconds, script, fields }: Run, dir: string): Promise<Loaded> {
  const plan = join(dir, 'plan.lua');
  writeFileSync(plan, `return {${fields},host=${quoted([new URL(url).host])}}`, { mode: 0o600 });
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', scriptOf(script)];
  return readAnswer(await output('wrk', [...flags, url, '--', plan]));
}

/** A closed loop of quotes at the most the target takes. */
export async function loadBids({ lots, bidders, ...load }: BidLoad, dir: string): Promise<Loaded> {
  const numbers = Object.entries({ ...turnOf(lots), per: biddersPerLot(lots.length, bidders.length) });
  const fields = [...numbers.map(([name, value]) => `${name}=${value}`), `lots={${quoted(lots)}}`];
  const plan = `${fields.join(',')},bidders={${tokens(bidders)}}`;
  const loaded = await runWrk({ ...load, script: 'bids', fields: plan }, dir);
  noteSent(lots, loaded.sent);
  return loaded;
}

export interface TransferLoad extends Pick<BidLoad, 'url' | 'connections' | 'seconds'> {
  path: string;
  bodies: readonly string[];
  people: readonly Bidder[];
}

/** A closed loop of transfers, each once. Throws when there were too few of them for the time. */
export async function loadTransfers({ path, bodies, people, ...load }: TransferLoad, dir: string): Promise<Loaded> {
  const fields = `path=${quoted([path])},bodies={${quoted(bodies)}},people={${tokens(people)}}`;
  const loaded = await runWrk({ ...load, script: 'transfers', fields }, dir);
  if (loaded.sent > bodies.length) throw new Error(`${bodies.length} transfers were too few for ${load.seconds} s`);
  return loaded;
}

/** The last line that the script wrote. */
export function readAnswer(text: string): Loaded {
  const line = text
    .split('\n')
    .filter((one) => one.startsWith('{'))
    .at(-1);
  if (!line) throw new Error(`wrk said nothing that can be read: ${text.slice(0, 500)}`);
  return Answer.parse(JSON.parse(line));
}
