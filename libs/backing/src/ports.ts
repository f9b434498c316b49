import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { cacheDir } from './environment.ts';
import { claim } from './pidfile.ts';

/** Below the range that outgoing connections take their ports from, so that a remembered port stays free. */
const FIRST = 20_000;
const COUNT = 10_000;

/** Whether a server could listen on this loopback port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Two checkouts that start at the same moment both find a port free: it is the one's whose process claims it first. */
function isOurs(port: number): boolean {
  const holder = claim(join(cacheDir(), 'ports', `${port}.pid`));
  return !holder || holder.pid === process.pid;
}

function remembered(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}

/**
 * A free loopback port for each name: the one remembered in the file, else the preferred one, else any. What was chosen
 * is remembered, so addresses stay the same from start to start, and two checkouts do not collide.
 */
export async function choosePorts<Name extends string>(
  file: string,
  names: readonly Name[],
  preferred: Partial<Record<Name, number>> = {},
): Promise<Record<Name, number>> {
  const known = remembered(file);
  const others = Object.entries(known).filter(([name]) => !(names as readonly string[]).includes(name));
  const taken = new Set(others.map(([, port]) => port));
  const chosen = {} as Record<Name, number>;
  for (const name of names) {
    let port = known[name] ?? preferred[name] ?? 0;
    while (port === 0 || taken.has(port) || !(await isFree(port)) || !isOurs(port)) {
      port = FIRST + Math.floor(Math.random() * COUNT);
    }
    taken.add(port);
    chosen[name] = port;
  }
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ ...known, ...chosen }, null, 2));
  renameSync(draft, file);
  return chosen;
}
