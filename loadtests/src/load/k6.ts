import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { root } from '@yuzhi/backing/environment';
import type { Given } from './given.ts';
import type { LoadOptions } from './options.ts';

/** k6's own: some threshold was crossed. */
const THRESHOLDS_CROSSED = 99;

/** One of k6's metrics, as its summary has it. */
export interface Metric {
  type: string;
  values: Record<string, number>;
  thresholds?: Record<string, { ok: boolean }>;
}
export interface Summary {
  metrics: Record<string, Metric>;
  state: { testRunDurationMs: number };
}
export interface Ran {
  /** Every threshold was kept. */
  keptThresholds: boolean;
  summary: Summary;
  /** The client's log. */
  log: string;
  /** What k6 and its scenario said besides. */
  notes: string[];
}

/** Its messages come in the order they were said: operations are JSON objects, everything else is a note. */
async function split(raw: string, log: string): Promise<string[]> {
  const notes: string[] = [];
  const out = createWriteStream(log);
  for await (const line of createInterface({ input: createReadStream(raw), crlfDelay: Infinity })) {
    if (line.startsWith('{')) out.write(`${line}\n`);
    else if (line.trim()) notes.push(line);
  }
  out.end();
  await once(out, 'finish');
  return notes;
}

/**
 * Runs a scenario. Throws where k6 could not: a scenario that does not load, or that ended by force. `started` hears of
 * the process, so that whoever is stopped can stop it.
 */
export async function runK6(
  program: string,
  { file, quiet }: LoadOptions,
  given: Given,
  { dir, started }: { dir: string; started: (child: ChildProcess) => void },
): Promise<Ran> {
  const at = (name: string) => join(dir, name);
  writeFileSync(at('given.json'), JSON.stringify(given));
  const raw = at('said.log');
  const args = ['run', '--no-usage-report', `--log-output=file=${raw},level=info`, '--log-format=raw'];
  const child = spawn(
    program,
    [...args, ...(quiet ? ['--quiet'] : []), join(root, 'loadtests/src/scenarios', `${file}.ts`)],
    {
      env: { HOME: dir, YUZHI_GIVEN: at('given.json'), YUZHI_SUMMARY: at('summary.json') },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  started(child);
  const [code] = (await once(child, 'close')) as [number | null];
  const notes = existsSync(raw) ? await split(raw, at('acknowledged.jsonl')) : [];
  if ((code !== 0 && code !== THRESHOLDS_CROSSED) || !existsSync(at('summary.json'))) {
    throw new Error(`k6 ended with ${code}:\n${notes.slice(-12).join('\n')}`);
  }
  const summary = JSON.parse(readFileSync(at('summary.json'), 'utf8')) as Summary;
  return { keptThresholds: code === 0, summary, log: at('acknowledged.jsonl'), notes };
}
