import { inserts, shifted } from '@yuzhi/database/statement';
import { uuidv7 } from '@yuzhi/messaging/ids';
import pg from 'pg';
import type { Bench } from './bench.ts';
import { outcomeOfPgbench, runPgbench } from './pgbench.ts';
import { execute, scratchDatabase } from './scratch.ts';
import type { Prepare } from './prepare.ts';

const ACCOUNTS = 1000;
/** Journals of one statement, as the book's own commit may hold. */
const BATCH = 128;

/** PT and PTH: a transfer as a function of the database, on the tables of the book. */
const TRANSFER = `
  insert into account select 'bench:' || n, 'CNY', 'credit', false, false, 0, 0, 0, null
    from generate_series(1, ${ACCOUNTS}) n on conflict do nothing;
  create or replace function transfer(source text, target text, fen bigint) returns void language plpgsql as $$
  declare
    journal_id uuid := uuidv7();
    debited account;
    credited account;
  begin
    perform from account where code in (source, target) order by code for update;
    update account set posted_fen = posted_fen + fen, version = version + 1
      where code = source returning * into debited;
    update account set posted_fen = posted_fen - fen, version = version + 1
      where code = target returning * into credited;
    insert into journal (id, kind, ref, actor, effective_at, booked_at)
      values (journal_id, 'transfer', '', 'bench', now(), now());
    insert into entry values
      (journal_id, 1, source, fen, debited.posted_fen, debited.version),
      (journal_id, 2, target, -fen, credited.posted_fen, credited.version);
  end $$;`;

const SCRIPTS = {
  random: `\\set a random(1, ${ACCOUNTS})\n\\set b 1 + mod(:a + random(1, ${ACCOUNTS - 1}) - 1, ${ACCOUNTS})\n`,
  hot: `\\set a 1\n\\set b random(2, ${ACCOUNTS})\n`,
};
const CALL = `select transfer('bench:' || :a, 'bench:' || :b, 100);\n`;

async function book(bench: Bench): Promise<string> {
  const { ownerUrl } = await scratchDatabase(bench.place, 'escrow', 'bench_ledger');
  await execute(ownerUrl, TRANSFER);
  return ownerUrl;
}

/** A transfer function that is called as often as the server takes it. */
export const transferLoad =
  (accounts: keyof typeof SCRIPTS): Prepare =>
  async (bench) => {
    const databaseUrl = await book(bench);
    const name = `transfers-${accounts}`;
    const sql = SCRIPTS[accounts] + CALL;
    const load = async (seconds: number) => {
      const run = { name, sql, databaseUrl, connections: 64, seconds };
      return outcomeOfPgbench(await runPgbench(run, bench.place.dir), seconds);
    };
    return { cast: { postgres: [bench.place.pids['postgres']!] }, load };
  };

interface Entry {
  id: string;
  line: number;
  account: string;
  fen: bigint;
  balance: bigint;
  version: bigint;
}
const insertJournals = inserts<string>('journal', {
  id: ['uuid', (id) => id],
  kind: ['text', () => 'transfer'],
  ref: ['text', () => ''],
  actor: ['text', () => 'bench'],
  effective_at: ['instant', () => Date.now()],
  booked_at: ['instant', () => Date.now()],
});
const insertEntries = inserts<Entry>('entry', {
  journal_id: ['uuid', ({ id }) => id],
  line: ['int', ({ line }) => line],
  account: ['text', ({ account }) => account],
  amount_fen: ['bigint', ({ fen }) => fen],
  balance_after: ['bigint', ({ balance }) => balance],
  account_version: ['bigint', ({ version }) => version],
});

/** UL: the book's rows alone, batch after batch from one connection; no HTTP, no log, no inbox, no decision. */
export const ledgerLoad: Prepare = async (bench) => {
  const databaseUrl = await book(bench);
  const load = async (seconds: number) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      const source = `source:${uuidv7()}`;
      const started = performance.now();
      let booked = 0n;
      while (performance.now() - started < seconds * 1000) {
        const ids = Array.from({ length: BATCH }, () => uuidv7());
        const entries = ids.flatMap((id, n) => pair(id, source, booked + BigInt(n) + 1n));
        await commit(client, ids, entries);
        booked += BigInt(BATCH);
      }
      const operations = Number(booked);
      return { operations, attempts: operations, others: {}, seconds: (performance.now() - started) / 1000 };
    } finally {
      await client.end();
    }
  };
  return { cast: { postgres: [bench.place.pids['postgres']!] }, load };
};

function pair(id: string, source: string, version: bigint): Entry[] {
  const balance = version * 100n;
  return [
    { id, line: 1, account: source, fen: 100n, balance, version },
    { id, line: 2, account: `${source}:target`, fen: -100n, balance: -balance, version },
  ];
}

async function commit(client: pg.Client, ids: string[], entries: Entry[]): Promise<void> {
  const [journals, lines] = [insertJournals(ids), insertEntries(entries)];
  const text = `with j as (${journals.text}) ${shifted(lines.text, journals.values.length)}`;
  await client.query({ name: 'booked', text, values: [...journals.values, ...lines.values] });
}
