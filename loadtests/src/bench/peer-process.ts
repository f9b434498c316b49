import { fork } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PeerProcess {
  pid: number;
  port: number;
  stop(): Promise<void>;
  /** With no time to do anything first. */
  kill(): Promise<void>;
}

const READY_MS = 60_000;

/** Starts a program of `../peers` with the flags that our own processes get; its output goes to `<dir>/<name>.log`. */
export async function startPeer(name: string, env: Record<string, string>, dir: string): Promise<PeerProcess> {
  const file = fileURLToPath(new URL(`../peers/${name}.js`, import.meta.url));
  const log = openSync(join(dir, `${name}.log`), 'a');
  const child = fork(file, {
    env: { PATH: process.env['PATH'], ...env },
    execArgv: ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning'],
    stdio: ['ignore', log, log, 'ipc'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${name} was not ready in time: see ${name}.log`)), READY_MS);
    child.once('message', (said: { port: number }) => {
      clearTimeout(late);
      resolve(said.port);
    });
    void gone.then(() => {
      clearTimeout(late);
      reject(new Error(`${name} ended before it was ready: see ${join(dir, `${name}.log`)}`));
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const killed = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(killed);
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  return { pid: child.pid!, port, stop, kill };
}
