import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { root } from '@yuzhi/backing/environment';
import type { Infrastructure } from '@yuzhi/backing/infrastructure';
import type { Step } from '@yuzhi/backing/steps';

const execute = promisify(execFile);
const RIVALS = join(root, '.yuzhi/bench/checkouts');
const PREFIX = 'rival_';
const READY_MS = 120_000;

export interface Checkout {
  ref: string;
  folder: string;
}

const git = async (...args: string[]) => (await execute('git', args, { cwd: root })).stdout.trim();

/** What its own tools do before its verbs. */
const BUILD = `const b = await import(process.argv[1]); await b.install(); await b.generate(); await b.compile();`;

/** Another commit in a worktree of its own, built by its own tools; one that was built before is taken as it is. */
export async function checkOut(ref: string, step: Step): Promise<Checkout> {
  const commit = await git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`).catch(() => {
    throw new Error(`git knows no commit ${ref}`);
  });
  const folder = join(RIVALS, commit.slice(0, 12));
  if (!existsSync(folder)) {
    mkdirSync(RIVALS, { recursive: true });
    await git('worktree', 'prune');
    await git('worktree', 'add', '--detach', folder, commit);
  }
  const tools = join(folder, 'tools/bootstrap.mjs');
  const env = { ...process.env, PATH: `${join(folder, 'node_modules/.bin')}:${process.env['PATH']}` };
  await step(
    'other checkout',
    () =>
      execute(process.execPath, ['--input-type=module', '-e', BUILD, tools], {
        cwd: folder,
        env,
        maxBuffer: 1 << 26,
      }),
    () => `${ref} is ${commit.slice(0, 12)}`,
  );
  return { ref: `${ref} (${commit.slice(0, 12)})`, folder };
}

export interface Rival {
  told: { ref: string; url: string; topicPrefix: string; pids: Record<string, number>; environment: object };
  stop(): Promise<void>;
}

/** Runs in the other checkout, with the other checkout's own launcher: settings may differ between the two. */
const START = `
const { dir, name, infrastructure, launcher } = JSON.parse(process.argv[1]);
const { startPlatform } = await import(launcher + '/platform.js');
const { journeyEnvironment } = await import(launcher + '/journey-process.js');
const step = (_, work) => work();
const options = { dir, name, shape: 'processes', infrastructure, steppable: false, step };
const platform = await startPlatform(options);
const stop = () => void platform.stop().finally(() => process.exit(0));
process.on('SIGTERM', stop);
process.on('disconnect', stop);
console.log(JSON.stringify({ url: platform.url, pids: platform.pids(), environment: journeyEnvironment(platform) }));
`;

/** The other checkout's platform, on the same servers under names of its own. */
export async function startRival(
  { ref, folder }: Checkout,
  { databaseUrl, redisUrl, kafkaBrokers }: Infrastructure,
  dir: string,
): Promise<Rival> {
  const launcher = join(folder, 'deploy/local/dist');
  const told = JSON.stringify({ dir, name: PREFIX, infrastructure: { databaseUrl, redisUrl, kafkaBrokers }, launcher });
  const child = spawn(process.execPath, ['--input-type=module', '-e', START, told], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const gone = new Promise<never>((_, reject) =>
    child.once('exit', (code) => reject(new Error(`the platform of ${ref} ended with ${code}`))),
  );
  const line = new Promise<string>((resolve) => createInterface({ input: child.stdout! }).once('line', resolve));
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error(`the platform of ${ref} was not ready in time`)), READY_MS).unref(),
  );
  const { url, pids, environment } = JSON.parse(await Promise.race([line, gone, late])) as Omit<
    Rival['told'],
    'ref' | 'topicPrefix'
  >;
  const stop = async () => {
    child.kill('SIGTERM');
    await gone.catch(() => {});
  };
  return { told: { ref, url, topicPrefix: PREFIX, pids, environment }, stop };
}
