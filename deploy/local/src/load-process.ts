import { join } from 'node:path';
import { root } from '@yuzhi/backing/environment';
import { provideGoProgram } from '@yuzhi/backing/go-programs';
import { evidenceEnvironment, type EvidenceParts, runProof } from './evidence.ts';
import { journeyEnvironment } from './journey-process.ts';
import type { Platform } from './platform.ts';

export type LoadedPlatform = Omit<EvidenceParts, 'stripeSandboxUrl' | 'patentOfficeUrl'> & { platform: Platform };

/** Short enough for every test run: what is slow on a busy machine is no failure, what is lost is. */
export const shortTransfers = (seed: number): string[] => [
  ...['transfers', '--quiet', '--no-latency', '--seed', String(seed)],
  ...['--rate', '0.3', '--duration', '10', '--bidders', '3'],
];

const K6 = { name: 'k6', module: 'go.k6.io/k6@v1.8.1', variable: 'K6_BIN' };

let program: Promise<string> | undefined;

/** What a run needs besides a platform: the program, which is built the first time, and where its report goes. */
export const loadTools = async (): Promise<Record<string, string>> => ({
  K6_BIN: await (program ??= provideGoProgram(K6)),
  YUZHI_REPORTS: join(root, '.yuzhi/reports'),
});

/** Loads a platform that runs here, and reconciles it. Answers 0, 1 for a failure, 2 where there was no verdict. */
export async function runLoad(args: string[], { platform, ...parts }: LoadedPlatform): Promise<number> {
  const { stripeSandboxUrl, patentOfficeUrl } = platform;
  return runProof('load/main', args, {
    ...journeyEnvironment(platform),
    ...evidenceEnvironment({ ...parts, patentOfficeUrl, ...(stripeSandboxUrl && { stripeSandboxUrl }) }),
    ...(await loadTools()),
  });
}
