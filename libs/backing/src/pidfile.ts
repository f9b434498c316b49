import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process as a file remembers it: `born` tells it from a later process that was given the same id. */
export interface Holder {
  pid: number;
  born: string;
  /** What a second launcher should tell its user, by name; empty until everything has started. */
  urls: Record<string, string>;
}

/** When the process was born, in the system's own words; undefined when it is gone or only a zombie. */
export function born(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      // The command name, in brackets, may hold spaces: count the fields after it. Then state is 0, start time 19.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}

/** The living process named in the file; undefined when there is no file, or it is a dead one's. */
export function livingHolder(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as Holder;
    return born(holder.pid) === holder.born ? holder : undefined;
  } catch {
    return undefined;
  }
}

/** Writes, or replaces, the file in one step, so that no reader sees half of it. */
export function writeHolder(file: string, pid: number, urls: Record<string, string> = {}): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ pid, born: born(pid), urls } satisfies Partial<Holder>));
  renameSync(draft, file);
}

/** Moves a stale file aside; if a rival had replaced it meanwhile, puts that one back and answers its holder. */
function setAside(file: string, aside: string): Holder | undefined {
  try {
    renameSync(file, aside);
  } catch {
    return undefined;
  }
  const rival = livingHolder(aside);
  if (rival) linkSync(aside, file);
  rmSync(aside);
  return rival;
}

/** Takes the file for this process. Answers who holds it instead, when that process lives; a stale file is replaced. */
export function claim(file: string): Holder | undefined {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeHolder(draft, process.pid);
  try {
    for (;;) {
      try {
        linkSync(draft, file);
        return undefined;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = livingHolder(file) ?? setAside(file, `${draft}.stale`);
      if (holder) return holder;
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** PostgreSQL, Kafka and Redis all stop cleanly, and at once, on this one. */
const STOP: NodeJS.Signals = 'SIGINT';
/** Longer than the broker's first stop, which also writes its class-data archive. */
const GRACE_MS = 20_000;

/** Asks the process to stop and waits until it is gone; after 20 s it is killed. */
export async function end(pid: number): Promise<void> {
  const birth = born(pid);
  const lives = () => birth !== undefined && born(pid) === birth;
  const send = (name: NodeJS.Signals) => {
    try {
      if (lives()) process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  send(STOP);
  for (let waitedMs = 0; lives() && waitedMs < GRACE_MS; waitedMs += 20) await sleep(20);
  send('SIGKILL');
  for (let waitedMs = 0; lives() && waitedMs < 2_000; waitedMs += 20) await sleep(20);
}
