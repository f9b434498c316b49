import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './environment.ts';

/** A disk that takes its time, as one server sees it. */
export interface SlowDisk {
  /** What that server must find in its environment. */
  env: Record<string, string>;
  /** Every flush takes so many ms longer from now on; 0 ends that. */
  delay(ms: number): void;
  remove(): void;
}

/**
 * A disk whose flushes can be slowed. It stands where the server asks the kernel to flush, because that needs no
 * privilege, no device and no file system of its own, hits what a slow disk hits (the log's flush in each commit, the
 * files' in a checkpoint) and nothing else: a slow network would slow reads of what is in memory as well. Reads and
 * writes that the kernel keeps in memory stay as quick as they are. Throws where there is no C compiler.
 */
export async function makeSlowDisk(): Promise<SlowDisk> {
  const dir = mkdtempSync(join(tmpdir(), 'yuzhi-disk-'));
  const [library, file] = [join(dir, 'slow-disk.so'), join(dir, 'ms')];
  const args = ['-shared', '-fPIC', '-O2', '-o', library, join(root, 'libs/backing/slow-disk.c')];
  await promisify(execFile)('gcc', args).catch((error: Error) => {
    rmSync(dir, { recursive: true });
    throw new Error(`the slow disk needs gcc (apt-get install -y gcc libc6-dev): ${error.message}`, { cause: error });
  });
  const delay = (ms: number) => writeFileSync(file, String(ms));
  delay(0);
  // Whoever runs the server must be able to read both.
  await promisify(execFile)('chmod', ['-R', 'a+rX', dir]);
  return {
    env: { LD_PRELOAD: library, SLOW_DISK_FILE: file },
    delay,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
