import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { end, livingHolder, writeHolder } from './pidfile.ts';

const START_LIMIT_MS = 90_000;
const PART_ENDING = '.part.pid';

/** What runs one part of the infrastructure. `dir` receives its log and pid file. */
export interface PartSpec {
  name: string;
  dir: string;
  command: string;
  args: string[];
  ready: () => Promise<boolean>;
  env?: Record<string, string>;
  uid?: number;
  gid?: number;
}

export interface Part {
  pid: number;
  stop(): Promise<void>;
}

export interface Watchdog {
  watch(pid: number): void;
  forget(pid: number): void;
  /** To be called when nothing is watched any more. */
  close(): void;
}

/** Starts the process that outlives this one just long enough to end its children. */
export function startWatchdog(): Watchdog {
  const script = fileURLToPath(import.meta.url).replace(/parts\.(ts|js)$/, 'watchdog.$1');
  // A session of its own: Ctrl-C in the terminal must not reach it, nor the parts, before the launcher has its turn.
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'ignore', 'inherit'], detached: true, cwd: '/' });
  child.stdin.on('error', () => {});
  child.unref();
  return {
    watch: (pid) => child.stdin.write(`+${pid}\n`),
    forget: (pid) => child.stdin.write(`-${pid}\n`),
    close: () => child.stdin.end(),
  };
}

const logFile = (spec: Pick<PartSpec, 'dir' | 'name'>) => join(spec.dir, `${spec.name}.log`);
const pidFile = (spec: Pick<PartSpec, 'dir' | 'name'>) => join(spec.dir, `${spec.name}${PART_ENDING}`);

function launch(spec: PartSpec): ChildProcess {
  const log = openSync(logFile(spec), 'w');
  try {
    return spawn(spec.command, spec.args, {
      stdio: ['ignore', log, log],
      detached: true,
      cwd: '/',
      env: { PATH: process.env['PATH'], ...spec.env },
      ...(spec.uid === undefined ? {} : { uid: spec.uid, gid: spec.gid }),
    });
  } finally {
    closeSync(log);
  }
}

function failure(spec: PartSpec, what: string): Error {
  const tail = readFileSync(logFile(spec), 'utf8').trim().split('\n').slice(-12).join('\n');
  return new Error(`${spec.name} ${what}; the end of ${logFile(spec)}:\n${tail}`);
}

async function untilReady(spec: PartSpec, child: ChildProcess): Promise<void> {
  let gone: string | undefined;
  child.once('error', (error) => (gone = `could not be started (${error.message})`));
  child.once('exit', (code, signal) => (gone = `ended with ${signal ?? `code ${code}`} before it was ready`));
  const deadline = performance.now() + START_LIMIT_MS;
  while (!(await spec.ready())) {
    if (gone) throw failure(spec, gone);
    if (performance.now() > deadline) throw failure(spec, `was not ready after ${START_LIMIT_MS / 1000} s`);
    await sleep(25);
  }
  // Something else may have answered on our port while the part died of that very conflict.
  if (gone) throw failure(spec, gone);
}

/** Ends the parts of `dir` that an earlier launcher left behind: two servers must never share a data directory. */
export async function endLeftParts(dir: string): Promise<void> {
  const files = readdirSync(dir).filter((name) => name.endsWith(PART_ENDING));
  const left = files.map((name) => livingHolder(join(dir, name))).filter((holder) => holder !== undefined);
  await Promise.all(left.map(({ pid }) => end(pid)));
}

/** Starts a part and waits until it answers. Throws with the end of the part's log when it does not come up. */
export async function startPart(spec: PartSpec, watchdog: Watchdog): Promise<Part> {
  const child = launch(spec);
  const { pid } = child;
  if (pid !== undefined) {
    watchdog.watch(pid);
    child.once('exit', () => watchdog.forget(pid));
    writeHolder(pidFile(spec), pid);
  }
  const stop = async () => {
    if (pid !== undefined) await end(pid);
    rmSync(pidFile(spec), { force: true });
  };
  try {
    await untilReady(spec, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: pid!, stop };
}

/** Whether something accepts TCP connections there. */
export function answers(port: number, host = '127.0.0.1', timeoutMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: timeoutMs });
    const settle = (up: boolean) => {
      socket.destroy();
      resolve(up);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}
