import { existsSync, globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from '@yuzhi/backing/environment';
import type { Outcome } from './sample.ts';
import { output } from './wrk.ts';

/** Debian keeps it beside the server it belongs to, and puts it on PATH only sometimes. */
export function pgbenchProgram(): string {
  const found = onPath('pgbench') ?? globSync('/usr/lib/postgresql/*/bin/pgbench').toSorted().at(-1);
  if (!found || !existsSync(found)) throw new Error('pgbench is missing: apt-get install -y postgresql-contrib');
  return found;
}

export interface PgbenchLoad {
  /** Names the script's file. */
  name: string;
  sql: string;
  databaseUrl: string;
  connections: number;
  seconds: number;
}
export interface Transactions {
  count: number;
  /** Without the time that its connections took. */
  perSecond: number;
}

/** One script at the most that the server takes, prepared. */
export async function runPgbench(load: PgbenchLoad, dir: string): Promise<Transactions> {
  const script = join(dir, `${load.name}.sql`);
  writeFileSync(script, load.sql);
  const url = new URL(load.databaseUrl);
  const flags = ['-n', '-M', 'prepared', '-f', script, '-c', `${load.connections}`, '-j', '2', '-T', `${load.seconds}`];
  const where = ['-h', url.hostname, '-p', url.port, '-U', decodeURIComponent(url.username), url.pathname.slice(1)];
  const password = decodeURIComponent(url.password);
  return readTransactions(await output(pgbenchProgram(), [...flags, ...where], { PGPASSWORD: password }));
}

/** As an outcome of so many seconds. */
export const outcomeOfPgbench = ({ count, perSecond }: Transactions, seconds: number): Outcome => ({
  operations: count,
  attempts: count,
  others: {},
  seconds: count ? count / perSecond : seconds,
});

/** Throws when it failed in part: a rate of what was left is no rate. */
export function readTransactions(text: string): Transactions {
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  const failed = number(/number of failed transactions: (\d+)/);
  if (failed > 0) throw new Error(`pgbench: ${failed} transactions failed`);
  const count = number(/number of transactions actually processed: (\d+)/);
  const perSecond = number(/^tps = ([\d.]+)/m);
  // On a machine that is busy its connections may take longer than it has.
  if (count === 0) return { count, perSecond: 0 };
  if (!count || !perSecond) throw new Error(`pgbench said nothing that can be read: ${text.slice(0, 500)}`);
  return { count, perSecond };
}
