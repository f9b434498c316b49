import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '@yuzhi/backing/environment';

/** Servers that somebody gave to the test run are not for a launcher that is to start its own. */
const SERVERS = ['DATABASE_URL', 'REDIS_URL', 'KAFKA_BROKERS'];
const GIVEN = [...SERVERS, 'STRIPE_SECRET_KEY', 'OIDC_ISSUER'];

/** The servers of the test run, for a launcher that is to use them as it would a user's. */
export const givenServers = (): Record<string, string> =>
  Object.fromEntries(SERVERS.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));

/** On a machine that is busy with other things; a start with its market takes half a minute. */
const PATIENCE_MS = 240_000;

/** A verb of the launcher as a user runs it: what it prints, and what is left of it when it is gone. */
export class Launched {
  #said = '';
  readonly #child: ChildProcess;
  /** Its exit code. */
  readonly ended: Promise<number | null>;

  constructor(verb: 'start' | 'demo', args: string[], environment: Record<string, string> = {}) {
    const inherited = Object.entries(process.env).filter(([name]) => !GIVEN.includes(name));
    this.#child = spawn(process.execPath, [join(root, `deploy/local/dist/${verb}.js`), ...args], {
      cwd: root,
      env: { ...Object.fromEntries(inherited), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: whatever it starts can be told from everything else.
      detached: true,
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    }
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
  }
  get pid(): number {
    return this.#child.pid!;
  }
  get said(): string {
    return this.#said;
  }

  /** What a line of its output says; throws with all of it when it ends before, or takes too long. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    let isOver = false;
    void this.ended.then(() => (isOver = true));
    for (const until = performance.now() + PATIENCE_MS; ;) {
      const found = pattern.exec(this.#said);
      if (found) return found;
      if (isOver || performance.now() > until) throw new Error(`no ${pattern} in:\n${this.#said}`);
      await sleep(50);
    }
  }
  /** Ctrl-C. */
  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    return this.ended;
  }
  /** For the end of a test, whatever became of it. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.interrupt();
  }
}

/** Command lines of the living processes that belong to a launcher's group, or to the folder of its data. */
export function leftOf(pid: number, folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const group = Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[2]);
        const belongs = group === pid || line.includes(folder) || readlinkSync(`/proc/${name}/cwd`).startsWith(folder);
        return belongs && line ? [line] : [];
      } catch {
        // It ended while it was looked at.
        return [];
      }
    });
}
