import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, escapeIdentifier } from 'pg';

export interface Script {
  name: string;
  sql: string;
}

/** The names of the database roles that scripts grant to. */
export interface ScriptRoles {
  writer: string;
  reader: string;
  side: string;
}

/**
 * Comments of a script that say who may write the tables it names, beyond the rule that the writer writes every table:
 * `-- side: a, b` only the side role writes them; `-- shared: c` both do; `-- append-only: d` nobody changes a row.
 */
const DIRECTIVE = /^-- (side|shared|append-only): *(\S.*)$/gm;

/** Prisma's own table, so that `prisma migrate status` and `deploy` agree with what was done here. */
const BOOKKEEPING = `create table if not exists _prisma_migrations (
  id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz,
  migration_name varchar(255) not null, logs text,
  rolled_back_at timestamptz, started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
);
create table if not exists _platform (checksum varchar(64) not null, applied_at timestamptz not null default now())`;

const quoted = escapeIdentifier;

const checksum = (sql: string) => createHash('sha256').update(sql).digest('hex');

/** The migrations of a Prisma folder in their order; none when the folder is absent. */
export function readMigrations(folder: string): Script[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).toSorted();
  const scripts = names.map((name) => ({ name, file: join(folder, name, 'migration.sql') }));
  return scripts
    .filter(({ file }) => existsSync(file))
    .map(({ name, file }) => ({ name, sql: readFileSync(file, 'utf8') }));
}

/** The platform's script; undefined when the file is absent. */
export function readPlatform(file: string): Script | undefined {
  return existsSync(file) ? { name: 'platform.sql', sql: readFileSync(file, 'utf8') } : undefined;
}

/** The grants that a script's directives ask for, to be run after it. */
export function grantsOf({ sql }: Script, { writer, side }: ScriptRoles): string[] {
  return [...sql.matchAll(DIRECTIVE)].flatMap(([, kind, list]) => {
    const tables = list!
      .split(',')
      .map((table) => quoted(table.trim()))
      .join(', ');
    const toSide = [`grant select, insert, update, delete on ${tables} to ${quoted(side)}`];
    if (kind === 'shared') return toSide;
    if (kind === 'side') return [...toSide, `revoke insert, update, delete on ${tables} from ${quoted(writer)}`];
    return [`revoke update, delete on ${tables} from ${quoted(writer)}, ${quoted(side)}`];
  });
}

/** What each role may do with the tables and sequences that the owner makes from now on; the side role nothing yet. */
function defaultGrants({ writer, reader, side }: ScriptRoles): string {
  const [w, r, s] = [quoted(writer), quoted(reader), quoted(side)];
  return `alter default privileges grant select, insert, update, delete on tables to ${w};
    alter default privileges grant select on tables to ${r};
    alter default privileges grant usage, select on sequences to ${w}, ${s};
    grant usage on schema public to ${w}, ${r}, ${s}`;
}

async function apply(
  client: Client,
  script: Script,
  roles: ScriptRoles,
  record: () => Promise<unknown>,
): Promise<void> {
  try {
    await client.query('begin');
    await client.query(script.sql);
    for (const grant of grantsOf(script, roles)) await client.query(grant);
    await record();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw new Error(`${script.name}: ${(error as Error).message}`, { cause: error });
  }
}

const altered = (name: string) =>
  new Error(`${name} was changed after it had been applied here. Put it back; or, to lose local data: rm -rf .yuzhi`);

async function applyPlatform(client: Client, script: Script, roles: ScriptRoles): Promise<void> {
  const { rows } = await client.query<{ checksum: string }>('select checksum from _platform');
  const mark = checksum(script.sql);
  if (rows[0] && rows[0].checksum !== mark) throw altered(script.name);
  if (rows[0]) return;
  await apply(client, script, roles, () => client.query('insert into _platform (checksum) values ($1)', [mark]));
}

/**
 * Applies, as the owner, what has not been applied yet: the platform's script, then the migrations, each in one
 * transaction with its record. Throws, naming the script, when one fails or differs from what was applied.
 */
export async function migrate(
  client: Client,
  roles: ScriptRoles,
  { platform, migrations }: { platform?: Script; migrations: Script[] },
): Promise<void> {
  await client.query(BOOKKEEPING);
  await client.query(defaultGrants(roles));
  if (platform) await applyPlatform(client, platform, roles);
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    'select migration_name, checksum from _prisma_migrations where finished_at is not null and rolled_back_at is null',
  );
  const applied = new Map(rows.map((row) => [row.migration_name, row.checksum]));
  for (const script of migrations) {
    const mark = checksum(script.sql);
    const known = applied.get(script.name);
    if (known && known !== mark) throw altered(script.name);
    if (known) continue;
    const values = [randomUUID(), mark, script.name];
    await apply(client, script, roles, () =>
      client.query(
        `insert into _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
         values ($1, $2, $3, now(), clock_timestamp(), 1)`,
        values,
      ),
    );
  }
}
