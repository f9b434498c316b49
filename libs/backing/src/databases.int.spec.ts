import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type DatabaseError } from 'pg';
import { type ServiceDatabase, cloneDatabase, provisionDatabase, templateDatabase } from './databases.ts';
import { root } from './environment.ts';

const adminUrl = process.env['DATABASE_URL']!;
const FORBIDDEN = '42501';

async function sql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
const refusal = (url: string, text: string) =>
  sql(url, text).then(
    () => 'done',
    (error: DatabaseError) => error.code,
  );

describe('a provisioned database', () => {
  let dir: string;
  let options: { name: string; secretFile: string; migrations: string; platform: string };
  let database: ServiceDatabase;
  const names: string[] = [];

  const write = (migration: string, text: string) => {
    mkdirSync(join(options.migrations, migration), { recursive: true });
    writeFileSync(join(options.migrations, migration, 'migration.sql'), text);
  };
  const provision = () => provisionDatabase(adminUrl, 'sample', options);
  const applied = async () => (await sql(database.ownerUrl, 'select from _prisma_migrations')).length;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'yuzhi-databases-'));
    const name = `provision_${randomUUID().slice(0, 8)}`;
    names.push(name);
    options = {
      name,
      secretFile: join(dir, 'secret'),
      migrations: join(dir, 'migrations'),
      platform: join(dir, 'p.sql'),
    };
    writeFileSync(
      options.platform,
      '-- side: lease\n-- shared: quarantine\ncreate table lease (id int); create table quarantine (id int);',
    );
    write('0001_first', 'create table patent (id bigint generated always as identity primary key, title text);');
    database = await provision();
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  afterAll(async () => {
    for (const name of names) {
      const roles = ['owner', 'writer', 'reader', 'side'].map((kind) => `${name}_${kind}`);
      await sql(adminUrl, `drop database if exists ${name} with (force)`);
      await sql(adminUrl, `drop role if exists ${roles.join(', ')}`);
    }
  });

  it('lets each role do its own work and no more', async () => {
    const { ownerUrl, writerUrl, readerUrl, sideUrl } = database;
    const insert = "insert into patent (title) values ('x')";
    const change = "update patent set title = 'y'";
    const outcomes = async (text: string) =>
      Promise.all([writerUrl, readerUrl, sideUrl].map((url) => refusal(url, text)));
    expect(await outcomes(insert)).toEqual(['done', FORBIDDEN, FORBIDDEN]);
    expect(await outcomes(change)).toEqual(['done', FORBIDDEN, FORBIDDEN]);
    expect(await outcomes('select * from patent')).toEqual(['done', 'done', FORBIDDEN]);
    expect(await outcomes('insert into lease values (1)')).toEqual([FORBIDDEN, FORBIDDEN, 'done']);
    expect(await outcomes('insert into quarantine values (1)')).toEqual(['done', FORBIDDEN, 'done']);
    expect(await outcomes('create table mine (id int)')).toEqual([FORBIDDEN, FORBIDDEN, FORBIDDEN]);
    expect(await outcomes('truncate patent')).toEqual([FORBIDDEN, FORBIDDEN, FORBIDDEN]);
    expect(await refusal(ownerUrl, 'create table mine (id int)')).toBe('done');
  });

  it('covers tables of later migrations, and keeps the append-only ones from being changed', async () => {
    write(
      '0002_posting',
      '-- append-only: posting\n-- side: upload\ncreate table posting (id int); create table upload (id int);',
    );
    await provision();
    expect(await refusal(database.writerUrl, 'insert into posting values (1)')).toBe('done');
    expect(await refusal(database.writerUrl, 'update posting set id = 2')).toBe(FORBIDDEN);
    expect(await refusal(database.writerUrl, 'delete from posting')).toBe(FORBIDDEN);
    expect(await refusal(database.readerUrl, 'select * from posting')).toBe('done');
    expect(await refusal(database.writerUrl, 'insert into upload values (1)')).toBe(FORBIDDEN);
    expect(await refusal(database.sideUrl, 'insert into upload values (1)')).toBe('done');
  });

  it('is closed to the roles of another one', async () => {
    const other = await provisionDatabase(adminUrl, 'other', { ...options, name: `${options.name}_o` });
    names.push(`${options.name}_o`);
    const crossed = new URL(other.writerUrl);
    crossed.pathname = database.name;
    expect(await refusal(crossed.toString(), 'select 1')).toBe(FORBIDDEN);
  });

  it('is provisioned again, and by many at once, without doing anything twice', async () => {
    const again = await Promise.all([provision(), provision(), provision()]);
    expect(again).toEqual([database, database, database]);
    expect(await applied()).toBe(1);
  });

  it('keeps nothing of a migration that fails, and names it', async () => {
    write('0002_broken', 'create table half (id int); create table patent (id int);');
    await expect(provision()).rejects.toThrow(/of sample: 0002_broken: relation "patent" already exists/);
    expect(await refusal(database.ownerUrl, 'select * from half')).toBe('42P01');
    write('0002_broken', 'create table half (id int);');
    await provision();
    expect(await applied()).toBe(2);
  });

  it('refuses a script that was changed after it had been applied', async () => {
    write('0001_first', 'create table patent (id int);');
    await expect(provision()).rejects.toThrow('0001_first was changed after it had been applied here');
  });

  it('is up to date in the eyes of Prisma', () => {
    const folder = join(dir, 'prisma');
    mkdirSync(folder);
    const model = 'model patent {\n  id BigInt @id @default(autoincrement())\n  title String?\n}\n';
    writeFileSync(join(folder, 'schema.prisma'), `datasource db {\n  provider = "postgresql"\n}\n${model}`);
    const config = {
      schema: join(folder, 'schema.prisma'),
      migrations: { path: options.migrations },
      datasource: { url: database.ownerUrl },
    };
    writeFileSync(join(folder, 'prisma.config.ts'), `export default ${JSON.stringify(config)};`);
    writeFileSync(join(options.migrations, 'migration_lock.toml'), 'provider = "postgresql"\n');
    const prisma = join(root, 'node_modules/prisma/build/index.js');
    const env = {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: join(root, 'tools/schema-engine.mjs'),
      CHECKPOINT_DISABLE: '1',
    };
    const args = [prisma, 'migrate', 'deploy', '--config', join(folder, 'prisma.config.ts')];
    const said = execFileSync(process.execPath, args, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' });
    expect(said).toContain('No pending migrations to apply');
  });

  it('is a template for clones that share its roles and nothing else', async () => {
    const template = await templateDatabase(adminUrl, 'sample', { ...options, name: `${options.name}_t` });
    names.push(template);
    const clones = await Promise.all([1, 2, 3].map(() => cloneDatabase(adminUrl, template, options)));
    await sql(clones[0]!.writerUrl, "insert into patent (title) values ('only here')");
    const counts = await Promise.all(clones.map(({ readerUrl }) => sql(readerUrl, 'select from patent')));
    expect(counts.map((rows) => rows.length)).toEqual([1, 0, 0]);
    expect(await refusal(clones[1]!.readerUrl, "insert into patent (title) values ('x')")).toBe(FORBIDDEN);
    expect(await templateDatabase(adminUrl, 'sample', { ...options, name: template })).toBe(template);
    await Promise.all(clones.map((clone) => clone.drop()));
    expect(await refusal(clones[0]!.readerUrl, 'select 1')).toBe('3D000');
    await sql(adminUrl, `alter database ${template} with is_template false`);
  });

  it('can be provisioned by an administrator who is no superuser', async () => {
    const admin = `${options.name}_admin`;
    await sql(adminUrl, `create role ${admin} login createdb createrole password 'secret'`);
    const url = new URL(adminUrl);
    [url.username, url.password] = [admin, 'secret'];
    const name = `${options.name}_u`;
    const own = await provisionDatabase(url.toString(), 'sample', { ...options, name });
    expect(await refusal(own.writerUrl, "insert into patent (title) values ('x')")).toBe('done');
    await sql(url.toString(), `drop database ${name} with (force)`);
    await sql(
      url.toString(),
      `drop role ${['owner', 'writer', 'reader', 'side'].map((kind) => `${name}_${kind}`).join(', ')}`,
    );
    await sql(adminUrl, `drop role ${admin}`);
  });
});
