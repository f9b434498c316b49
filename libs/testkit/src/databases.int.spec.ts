import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { testDatabase } from './databases.ts';

const adminUrl = process.env['DATABASE_URL']!;
const exists = async (name: string) => {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  const { rowCount } = await admin.query('select from pg_database where datname = $1', [name]);
  await admin.end();
  return rowCount === 1;
};

describe('a database of a test file', () => {
  it('has the tables of every service, and its roles', async () => {
    const database = await testDatabase('none');
    await database.writer.query(`insert into outbox (partition, topic, key) values (0, 't', 'k')`);
    expect((await database.reader.query('select topic from outbox')).rows).toEqual([{ topic: 't' }]);
    await expect(database.reader.query('delete from outbox')).rejects.toMatchObject({ code: '42501' });
    await expect(database.side.query('select from outbox')).rejects.toMatchObject({ code: '42501' });
    await database.owner.query('create table more (id int)');
    await database.close();
  });

  it('is nobody else’s, and gone when it is closed', async () => {
    const [one, two] = await Promise.all([testDatabase('none'), testDatabase('none')]);
    await one.writer.query(`insert into outbox (partition, topic, key) values (0, 't', 'k')`);
    expect((await two.reader.query('select * from outbox')).rows).toEqual([]);
    await Promise.all([one.close(), two.close()]);
    expect(await Promise.all([exists(one.name), exists(two.name)])).toEqual([false, false]);
  });

  it('is dropped all the same when somebody forgot a connection, and says so', async () => {
    const database = await testDatabase('none');
    const forgotten = new pg.Client({ connectionString: database.urls.reader });
    forgotten.on('error', () => {});
    await forgotten.connect();
    await forgotten.query('select 1 as left_open');
    await expect(database.close()).rejects.toThrow(/were left open: select 1 as left_open/);
    expect(await exists(database.name)).toBe(false);
    await forgotten.end().catch(() => {});
  });

  it('has the migrations that it is given, and another template for other ones', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'yuzhi-testkit-'));
    const migrations = (name: string, sql: string) => {
      const folder = join(dir, name);
      mkdirSync(join(folder, '1_first'), { recursive: true });
      writeFileSync(join(folder, '1_first/migration.sql'), sql);
      return folder;
    };
    const [one, two] = await Promise.all([
      testDatabase('none', { migrations: migrations('a', 'create table apple (id int)'), adminUrl, max: 1 }),
      testDatabase('none', { migrations: migrations('b', 'create table pear (id int)') }),
    ]);
    await one.writer.query('insert into apple values (1)');
    await expect(one.reader.query('select * from pear')).rejects.toMatchObject({ code: '42P01' });
    await expect(two.reader.query('select * from pear')).resolves.toMatchObject({ rowCount: 0 });
    await Promise.all([one.close(), two.close()]);
    rmSync(dir, { recursive: true });
  });

  it('survives that the server ends a connection of one of its pools', async () => {
    const database = await testDatabase('none');
    const end = database.reader.query('select pg_terminate_backend(pg_backend_pid())');
    await expect(end).rejects.toMatchObject({ code: '57P01' });
    await expect(database.reader.query('select 1')).resolves.toMatchObject({ rowCount: 1 });
    await database.close();
  });
});
