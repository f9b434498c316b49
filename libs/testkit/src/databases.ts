import { openPool } from '@yuzhi/database/journal';
import { type ProvisionOptions, cloneDatabase, templateDatabase } from '@yuzhi/backing/databases';
import pg from 'pg';

/** A service's database that belongs to one test file, as each role reaches it. */
export interface TestDatabase {
  name: string;
  urls: { owner: string; writer: string; reader: string; side: string };
  owner: pg.Pool;
  writer: pg.Pool;
  reader: pg.Pool;
  side: pg.Pool;
  /** Drops the database. Throws when somebody still had a connection to it: a pool that was never closed. */
  close(): Promise<void>;
}

export interface TestDatabaseOptions extends Pick<ProvisionOptions, 'migrations' | 'platform'> {
  /** An administrator's; `DATABASE_URL` when absent. */
  adminUrl?: string;
  /** Connections of each pool. */
  max?: number;
}

const opened = (connectionString: string, max: number) => openPool(() => new pg.Pool({ connectionString, max }));

/** Clones the service's migrated template; about 100 ms once the template is there. */
export async function testDatabase(service: string, options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { adminUrl = process.env['DATABASE_URL']!, max = 3, ...provision } = options;
  const template = await templateDatabase(adminUrl, service, provision);
  const clone = await cloneDatabase(adminUrl, template);
  const { name, ownerUrl, writerUrl, readerUrl, sideUrl } = clone;
  const urls = { owner: ownerUrl, writer: writerUrl, reader: readerUrl, side: sideUrl };
  const pools = {
    owner: opened(ownerUrl, max),
    writer: opened(writerUrl, max),
    reader: opened(readerUrl, max),
    side: opened(sideUrl, max),
  };
  return {
    name,
    urls,
    ...pools,
    close: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.end()));
      const guests = await guestsOf(adminUrl, name);
      await clone.drop();
      if (guests.length) throw new Error(`connections to ${name} were left open: ${guests.join('; ')}`);
    },
  };
}

/** The last statements of whoever is still connected. The server needs a moment to notice that one has left. */
async function guestsOf(adminUrl: string, database: string): Promise<string[]> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    for (let waitedMs = 0; ; waitedMs += 20) {
      const { rows } = await admin.query<{ query: string }>('select query from pg_stat_activity where datname = $1', [
        database,
      ]);
      if (!rows.length || waitedMs >= 500) return rows.map(({ query }) => query);
      await new Promise((go) => setTimeout(go, 20));
    }
  } finally {
    await admin.end();
  }
}
