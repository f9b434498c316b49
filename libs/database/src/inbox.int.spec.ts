import type { TestDatabase } from '@yuzhi/testkit/databases';
import type pg from 'pg';
import { CLUSTER, entry, filing, step, tallyDatabase, TOPIC } from './fixture/entries.ts';
import { Journal } from './journal.ts';

let database: TestDatabase;
const journal = new Journal();

beforeAll(async () => void (database = await tallyDatabase()));
afterAll(() => database.close());

const roll = (today: string, keepDays = 7, by: pg.Pool = database.writer) =>
  by.query('select roll_inbox($1::date, $2)', [today, keepDays]);
const parts = async () => {
  const { rows } = await database.owner.query<{ part: string }>(
    `select inhrelid::regclass::text as part from pg_inherits where inhparent = 'inbox'::regclass order by part`,
  );
  return rows.map(({ part }) => part);
};
const stored = async () => {
  const { rows } = await database.owner.query<{ at: string }>(
    `select idempotency_key || ' in ' || tableoid::regclass as at from inbox order by at`,
  );
  return rows.map(({ at }) => at);
};
async function file(idempotencyKey: string, filedOn: string): Promise<void> {
  const lease = await journal.lease(database.writer, CLUSTER, TOPIC, 0);
  const filed = [filing(idempotencyKey)];
  await journal.commit(database.writer, entry([step(lease, lease.next + 1n)], { filed, filedOn }), []);
}

describe('the days of the inbox', () => {
  beforeEach(async () => {
    const { rows } = await database.owner.query<{ part: string }>(
      `select inhrelid::regclass::text as part from pg_inherits
       where inhparent = 'inbox'::regclass and inhrelid <> 'inbox_beyond'::regclass`,
    );
    for (const { part } of rows) await database.owner.query(`drop table ${part}`);
    await database.owner.query('truncate inbox, consumer_offset');
  });

  it('are opened ahead, once, by whichever replica comes first', async () => {
    await Promise.all([roll('2026-11-24'), roll('2026-11-24'), roll('2026-11-24')]);
    expect(await parts()).toEqual(['inbox_20261124', 'inbox_20261125', 'inbox_20261126', 'inbox_beyond']);
    await roll('2026-11-25');
    expect(await parts()).toHaveLength(5);
  });

  it('each hold what was filed on them', async () => {
    await roll('2026-11-24');
    await file('a', '2026-11-24');
    await file('b', '2026-11-25');
    expect(await stored()).toEqual(['a in inbox_20261124', 'b in inbox_20261125']);
  });

  it('are dropped when the promised window has passed, and not a day before', async () => {
    await roll('2026-11-24');
    await file('a', '2026-11-24');
    await file('b', '2026-11-25');
    await roll('2026-12-01');
    expect(await stored()).toHaveLength(2);
    await roll('2026-12-02');
    expect(await stored()).toEqual(['b in inbox_20261125']);
    expect(await journal.known(database.reader, [filing('a').id, filing('b').id])).toHaveLength(1);
    await roll('2026-12-03');
    expect(await stored()).toEqual([]);
  });

  it('take over what was filed before they were opened, as after a long sleep', async () => {
    await roll('2026-11-24');
    await file('slept', '2026-12-10');
    await file('old', '2026-11-20');
    expect(await stored()).toEqual(['old in inbox_beyond', 'slept in inbox_beyond']);
    await roll('2026-12-10');
    expect(await stored()).toEqual(['slept in inbox_20261210']);
    await expect(file('next', '2026-12-10')).resolves.toBeUndefined();
    expect(await journal.known(database.reader, [filing('slept').id, filing('next').id])).toHaveLength(2);
  });

  it('are rolled while commits go on, and none fails', async () => {
    const lease = await journal.lease(database.writer, CLUSTER, TOPIC, 0);
    let next = 0n;
    const commits = async () => {
      for (let i = 0; i < 60; i++) {
        const steps = [step({ ...lease, next: next++ }, next)];
        const filed = [filing(`k-${i}`)];
        await journal.commit(
          database.writer,
          entry(steps, { filed, doubtful: filed.map(({ id }) => id), filedOn: '2026-11-26' }),
          [],
        );
      }
    };
    const rolls = async () => {
      for (let day = 20; day < 29; day++) await roll(`2026-11-${day}`);
    };
    await Promise.all([commits(), rolls()]);
    expect(await stored()).toHaveLength(60);
    expect(new Set((await stored()).map((at) => at.split(' in ')[1]))).toEqual(new Set(['inbox_20261126']));
  });

  it('are rolled by nobody but the committer, who could drop them otherwise', async () => {
    await roll('2026-11-24');
    for (const pool of [database.reader, database.side]) {
      await expect(roll('2126-01-01', 7, pool)).rejects.toMatchObject({ code: '42501' });
    }
    expect(await parts()).toContain('inbox_20261124');
  });
});

const FORBIDDEN = '42501';
const uuid = '00000000-0000-7000-8000-000000000001';
/** By table: one statement of each kind, and the roles that may run it. */
const writes: [table: string, insert: string, change: string, may: { insert: string; change: string }][] = [
  [
    'tally',
    `(id, total_fen, version, state) values ('${uuid}', 1, 1, '{}')`,
    'version = 2',
    { insert: 'w', change: 'w' },
  ],
  ['tally_line', `(tally_id, seq, amount_fen) values ('${uuid}', 1, 1)`, 'amount_fen = 2', { insert: 'w', change: '' }],
  ['consumer_offset', `values ('t', 9, 'c', 0, 1)`, 'next_offset = 1', { insert: 'w', change: 'w' }],
  ['outbox', `(partition, topic, key) values (0, 't', 'k')`, 'value = null', { insert: 'w', change: 'w' }],
  [
    'inbox',
    `values ('${uuid}', 'p', 'a', 'k', '2026-01-01', '${uuid}', 't', 'h', '{}', now())`,
    `type = 'u'`,
    { insert: 'w', change: 'w' },
  ],
  ['quarantine', `values ('t', 0, 0, 'event', 'k', 'v', 'e', now())`, `error = 'f'`, { insert: 'ws', change: 'ws' }],
  ['projection_offset', `values ('p', 't', 0, 'c', 0)`, 'next_offset = 1', { insert: 's', change: 's' }],
  ['lease', `values ('n', 'h', now())`, `holder = 'i'`, { insert: 's', change: 's' }],
  ['seal', `values ('c', 1, 'h')`, `hash = 'i'`, { insert: 's', change: '' }],
];

describe('a role of the database', () => {
  const tried = async (statement: string): Promise<string> => {
    const roles = { w: database.writer, r: database.reader, s: database.side };
    const allowed = await Promise.all(
      Object.entries(roles).map(async ([role, pool]) => {
        const client = await pool.connect();
        try {
          await client.query('begin');
          await client.query(statement);
          return role;
        } catch (e) {
          return (e as { code: string }).code === FORBIDDEN ? '' : `${role}!${String(e)}`;
        } finally {
          await client.query('rollback');
          client.release();
        }
      }),
    );
    return allowed.join('');
  };

  it.each(writes)('writes %s only by its grant', async (table, insert, change, may) => {
    expect(await tried(`insert into ${table} ${insert}`)).toBe(may.insert);
    expect(await tried(`update ${table} set ${change}`)).toBe(may.change);
    expect(await tried(`delete from ${table}`)).toBe(may.change);
    expect(await tried(`truncate ${table}`)).toBe('');
    expect(await tried(`drop table ${table}`)).toBe('');
    expect(await tried(`alter table ${table} add column own int`)).toBe('');
  });

  it('is listed here with every table there is', async () => {
    const { rows } = await database.owner.query<{ name: string }>(
      `select c.relname as name from pg_class c
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
         and not c.relispartition and c.relname not in ('_platform', '_prisma_migrations')`,
    );
    expect(rows.map(({ name }) => name).toSorted()).toEqual(writes.map(([table]) => table).toSorted());
  });

  it('makes nothing of its own', async () => {
    expect(await tried('create table mine (id int)')).toBe('');
    expect(await tried('create function mine() returns int language sql as $$ select 1 $$')).toBe('');
    expect(await tried('create schema mine')).toBe('');
  });
});
