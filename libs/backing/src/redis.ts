import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './environment.ts';
import { fetchJars } from './kafka-jars.ts';
import { type Part, type Watchdog, answers, startPart } from './parts.ts';
import { readZip } from './zip.ts';

const PACKED: Record<string, string> = {
  'linux-x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux-arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin-x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin-arm64': 'redis-server-6.2.6-v5-darwin-arm64',
};

/** Unpacks the real server that the jar carries for this machine into `dir`, once, and answers its path. */
export function unpackRedis(jar: string, dir: string, machine = `${process.platform}-${process.arch}`): string {
  const name = PACKED[machine];
  if (!name) throw new Error(`No Redis is packed for ${machine}: install redis-server, or set REDIS_URL`);
  const program = join(dir, name);
  if (existsSync(program)) return program;
  const read = readZip(jar).get(name);
  if (!read) throw new Error(`${jar} does not hold ${name}`);
  mkdirSync(dir, { recursive: true });
  const draft = `${program}.${process.pid}`;
  writeFileSync(draft, read());
  chmodSync(draft, 0o755);
  renameSync(draft, program);
  return program;
}

/** Starts Redis on the port, from PATH or else from its jar. It keeps nothing: whatever matters is in PostgreSQL. */
export async function startRedis(
  { dir, port }: { dir: string; port: number },
  watchdog: Watchdog,
): Promise<Part & { url: string }> {
  const command = onPath('redis-server') ?? (await packedRedis());
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir];
  const ready = () => answers(port);
  const part = await startPart({ name: 'redis', dir, command, args, ready }, watchdog);
  return { ...part, url: `redis://127.0.0.1:${port}` };
}

async function packedRedis(): Promise<string> {
  const libs = await fetchJars();
  return unpackRedis(join(libs, 'embedded-redis-1.4.3.jar'), join(libs, 'redis'));
}
