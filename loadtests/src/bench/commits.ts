import pg from 'pg';

/** How the statement begins by which a service commits a batch: every one of them is a commit. */
const COMMIT = 'with owned as (%';

/** How often a database's service has committed a batch. */
async function committed(admin: pg.Client, database: string): Promise<number> {
  const { rows } = await admin.query<{ calls: string }>(
    `select coalesce(sum(s.calls), 0)::text as calls from pg_stat_statements s
     join pg_database d on d.oid = s.dbid where d.datname = $1 and s.query like $2`,
    [database, COMMIT],
  );
  return Number(rows[0]!.calls);
}

/** Runs something and counts the batches that were committed meanwhile. */
export async function countCommits<T>(
  adminUrl: string,
  database: string,
  work: () => Promise<T>,
): Promise<{ value: T; commits: number }> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query('create extension if not exists pg_stat_statements');
    const before = await committed(admin, database);
    const value = await work();
    return { value, commits: (await committed(admin, database)) - before };
  } finally {
    await admin.end();
  }
}
