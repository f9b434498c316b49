import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { root } from './environment.ts';
import { migrate, readMigrations, readPlatform } from './migrations.ts';

const ROLES = ['owner', 'writer', 'reader', 'side'] as const;

/** One service's database, as each of its four roles reaches it. */
export interface ServiceDatabase {
  name: string;
  /** Migrations: it owns every table. */
  ownerUrl: string;
  /** The committer: reads and writes all tables but those that the SQL keeps from it. */
  writerUrl: string;
  /** Selects, and nothing else. */
  readerUrl: string;
  /** Writes only the tables that a migration lists as its own or shared. */
  sideUrl: string;
}

export interface ProvisionOptions {
  /** Of the database, and the beginning of its roles' names; the service's name when absent. */
  name?: string;
  /** Holds the secret that the roles' passwords are derived from; made when absent. */
  secretFile?: string;
  /** Folder of Prisma migrations; the service's own when absent. */
  migrations?: string;
  /** The SQL file of the tables that every service's database has. */
  platform?: string;
}

/** A random secret, made once: of two processes that make it at the same time, both get the first one's. */
function secretOf(file: string): string {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    const draft = `${file}.${randomUUID()}`;
    writeFileSync(draft, randomBytes(32).toString('hex'), { mode: 0o600 });
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    rmSync(draft);
  }
  return readFileSync(file, 'utf8');
}

/** A secret of its own for each purpose, from the one that the file holds; 43 characters. */
export const secretFor = (file: string, purpose: string): string =>
  createHmac('sha256', secretOf(file)).update(`secret for ${purpose}`).digest('base64url');

const passwordOf = (role: string, secret: string) => createHmac('sha256', secret).update(role).digest('base64url');

function urlOf(adminUrl: string, database: string, role?: { name: string; password: string }): string {
  const url = new URL(adminUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  if (role) {
    url.username = encodeURIComponent(role.name);
    url.password = role.password;
  }
  return url.toString();
}

function urlsOf(adminUrl: string, database: string, prefix: string, secret: string): ServiceDatabase {
  const url = (kind: (typeof ROLES)[number]) => {
    const name = `${prefix}_${kind}`;
    return urlOf(adminUrl, database, { name, password: passwordOf(name, secret) });
  };
  return {
    name: database,
    ownerUrl: url('owner'),
    writerUrl: url('writer'),
    readerUrl: url('reader'),
    sideUrl: url('side'),
  };
}

async function withClient<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Work on the cluster as its administrator, one at a time for each name. */
function exclusively<T>(adminUrl: string, name: string, work: (admin: Client) => Promise<T>): Promise<T> {
  return withClient(adminUrl, async (admin) => {
    await admin.query('select pg_advisory_lock(hashtextextended($1, 0))', [`provision ${name}`]);
    return work(admin);
  });
}

const quoted = escapeIdentifier;

async function ensureRoles(admin: Client, prefix: string, secret: string): Promise<void> {
  for (const kind of ROLES) {
    const role = `${prefix}_${kind}`;
    const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [role]);
    const verb = rowCount === 0 ? 'create' : 'alter';
    await admin.query(`${verb} role ${quoted(role)} login password ${escapeLiteral(passwordOf(role, secret))}`);
  }
  // An administrator who is no superuser may give a database away only to a role that he could become.
  await admin.query(`grant ${quoted(`${prefix}_owner`)} to current_user`);
}

/** Closes the database to everybody but its roles; a clone needs it again, for these privileges are not copied. */
async function admitRoles(admin: Client, database: string, prefix: string): Promise<void> {
  const roles = ROLES.map((kind) => quoted(`${prefix}_${kind}`)).join(', ');
  await admin.query(`revoke all on database ${quoted(database)} from public`);
  await admin.query(`grant connect on database ${quoted(database)} to ${roles}`);
}

async function provision(admin: Client, adminUrl: string, service: string, options: Required<ProvisionOptions>) {
  const { name } = options;
  const secret = secretOf(options.secretFile);
  await ensureRoles(admin, name, secret);
  const { rowCount } = await admin.query('select from pg_database where datname = $1', [name]);
  if (rowCount === 0) await admin.query(`create database ${quoted(name)} owner ${quoted(`${name}_owner`)}`);
  await admitRoles(admin, name, name);
  const urls = urlsOf(adminUrl, name, name, secret);
  const roles = { writer: `${name}_writer`, reader: `${name}_reader`, side: `${name}_side` };
  const scripts = { platform: readPlatform(options.platform), migrations: readMigrations(options.migrations) };
  await withClient(urls.ownerUrl, (owner) => migrate(owner, roles, scripts)).catch((error: Error) => {
    throw new Error(`database ${name} of ${service}: ${error.message}`, { cause: error });
  });
  return urls;
}

const defaults = (service: string, options: ProvisionOptions): Required<ProvisionOptions> => ({
  name: service,
  secretFile: join(root, '.yuzhi/secret'),
  migrations: join(root, 'services', service, 'prisma/migrations'),
  platform: join(root, 'libs/database/src/platform.sql'),
  ...options,
});

/**
 * The service's database, made and brought up to date: roles, platform tables, then Prisma migrations, each applied
 * once. May be repeated, also at the same time. Throws, naming the script, when one fails or was changed after it was
 * applied; of a failed script nothing remains.
 */
export function provisionDatabase(
  adminUrl: string,
  service: string,
  options: ProvisionOptions = {},
): Promise<ServiceDatabase> {
  const chosen = defaults(service, options);
  return exclusively(adminUrl, chosen.name, (admin) => provision(admin, adminUrl, service, chosen));
}

/** How the reader reaches a database that was made before, under the name and with the secret it was made with. */
export const readerUrlOf = (adminUrl: string, name: string, secretFile: string): string =>
  urlsOf(adminUrl, name, name, secretOf(secretFile)).readerUrl;

/** A database of its own for a double, which makes its own tables. Answers its owner's URL. */
export function plainDatabase(adminUrl: string, name: string, secretFile: string): Promise<string> {
  return exclusively(adminUrl, name, async (admin) => {
    const role = { name: `${name}_owner`, password: passwordOf(`${name}_owner`, secretOf(secretFile)) };
    const { rowCount: known } = await admin.query('select from pg_roles where rolname = $1', [role.name]);
    const verb = known === 0 ? 'create' : 'alter';
    await admin.query(`${verb} role ${quoted(role.name)} login password ${escapeLiteral(role.password)}`);
    await admin.query(`grant ${quoted(role.name)} to current_user`);
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await admin.query(`create database ${quoted(name)} owner ${quoted(role.name)}`);
    await admin.query(`revoke all on database ${quoted(name)} from public`);
    return urlOf(adminUrl, name, role);
  });
}

/** A migrated database that is only there to be cloned; made by whoever asks first. Answers its name. */
export function templateDatabase(adminUrl: string, service: string, options: ProvisionOptions = {}): Promise<string> {
  const chosen = defaults(service, options);
  const content = JSON.stringify([readPlatform(chosen.platform), readMigrations(chosen.migrations)]);
  const name = options.name ?? `template_${service}_${createHash('sha256').update(content).digest('hex').slice(0, 8)}`;
  return exclusively(adminUrl, name, async (admin) => {
    const { rowCount } = await admin.query('select from pg_database where datname = $1 and datistemplate', [name]);
    if (rowCount !== 0) return name;
    await provision(admin, adminUrl, service, { ...chosen, name });
    // Nobody may connect any more: a template with a guest cannot be cloned.
    await admin.query(`alter database ${quoted(name)} with is_template true allow_connections false`);
    return name;
  });
}

/** A copy of the template (about 50 ms) with the template's roles, to be dropped by who asked for it. */
export async function cloneDatabase(
  adminUrl: string,
  template: string,
  { secretFile = join(root, '.yuzhi/secret') }: Pick<ProvisionOptions, 'secretFile'> = {},
): Promise<ServiceDatabase & { drop(): Promise<void> }> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(adminUrl, async (admin) => {
    const owner = quoted(`${template}_owner`);
    await admin.query(`create database ${quoted(name)} template ${quoted(template)} owner ${owner}`);
    await admitRoles(admin, name, template);
  });
  const drop = () => withClient(adminUrl, (admin) => admin.query(`drop database ${quoted(name)} with (force)`));
  return { ...urlsOf(adminUrl, name, template, secretOf(secretFile)), drop: async () => void (await drop()) };
}
