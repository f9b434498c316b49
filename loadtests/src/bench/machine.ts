import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, release, totalmem } from 'node:os';
import { root } from '@yuzhi/backing/environment';

export interface Machine {
  cpu: string;
  cpus: number;
  memoryGb: number;
  kernel: string;
  node: string;
}

export const describeMachine = (): Machine => ({
  cpu: /^model name\s*: (.+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? process.arch,
  cpus: availableParallelism(),
  memoryGb: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
});

const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** What was measured: the commit, and whether the checkout has more than it. */
export function describeCommit(): { commit: string; isClean: boolean } {
  // What this very verb writes changes nothing that is measured.
  return { commit: git('rev-parse', '--short=12', 'HEAD'), isClean: !git('status', '--porcelain', '--', ':!docs') };
}
