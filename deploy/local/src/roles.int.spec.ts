import { SERVICES, type ServiceName } from '@yuzhi/protocol/catalogue';
import { type TestDatabase, testDatabase } from '@yuzhi/testkit/databases';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** All that is not written by the committer: sign-in, uploads, webhooks, read models, leases, seals. Nothing else. */
const EVERYWHERE = ['lease', 'projection_offset', 'seal'];
/** What went wrong is set aside by the committer, or, where it cannot commit, by the side. */
const BOTH = ['quarantine'];
const SIDE: Partial<Record<ServiceName, string[]>> = {
  identity: ['api_client', 'credential', 'issuer_key', 'oidc'],
  contracts: ['file', 'signing_key'],
  escrow: ['psp_event'],
  oversight: ['sale_party', 'sale_record'],
};
const CHANGES = [
  (table: string) => `delete from ${table} where false`,
  (table: string) => `insert into ${table} default values`,
  (table: string) => `truncate ${table}`,
];

describe.each(SERVICES)('the database of %s', (service) => {
  let database: TestDatabase;
  let tables: string[];
  const side = [...EVERYWHERE, ...(SIDE[service] ?? [])];
  beforeAll(async () => {
    database = await testDatabase(service);
    const { rows } = await database.owner.query<{ name: string }>(
      `select quote_ident(relname) as name from pg_class where relkind in ('r', 'p')
       and relnamespace = 'public'::regnamespace and relname !~ '^_' order by relname`,
    );
    tables = rows.map(({ name }) => name);
  });
  afterAll(() => database.close());

  /** The tables that a role can change in one way at least. */
  async function changedBy(role: 'writer' | 'reader' | 'side'): Promise<string[]> {
    const changed = new Set<string>();
    for (const table of tables) {
      for (const change of CHANGES) {
        const refusal = await database[role].query(change(table)).then(
          () => '',
          (error: Error) => error.message,
        );
        // Whatever else is wrong with such a row, the role was let through to it.
        if (!refusal.startsWith('permission denied')) changed.add(table);
      }
    }
    return [...changed];
  }

  it('is changed by its committer, but for the listed tables, which are the side’s alone', async () => {
    expect(await changedBy('writer')).toEqual(tables.filter((table) => !side.includes(table)));
    expect(await changedBy('side')).toEqual(tables.filter((table) => [...side, ...BOTH].includes(table)));
    expect(tables).toEqual(expect.arrayContaining(side));
  });

  it('is changed by no reader', async () => {
    expect(await changedBy('reader')).toEqual([]);
  });
});
