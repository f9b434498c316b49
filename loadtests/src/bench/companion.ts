import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program beside the load, a process of its own. */
export interface Companion<T> {
  pid: number;
  /** What it has seen since it was last asked. */
  told(): Promise<T>;
  stop(): Promise<void>;
}

/** Starts a program of this folder and waits until it says that it is under way: on SIGUSR2 it tells a line of JSON. */
export async function startCompanion<T>(name: string, args: readonly string[]): Promise<Companion<T>> {
  const program = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const heard = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ended`);
    return JSON.parse(value) as T;
  };
  await heard();
  return {
    pid: child.pid!,
    told: () => {
      child.kill('SIGUSR2');
      return heard();
    },
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    },
  };
}
