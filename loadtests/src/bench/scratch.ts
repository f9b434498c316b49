import { join } from 'node:path';
import { provisionDatabase } from '@yuzhi/backing/databases';
import pg from 'pg';
import type { Bidder } from './bidders.ts';
import { biddersPerLot } from './turns.ts';
import { uuidv7 } from '@yuzhi/messaging/ids';

export interface Scratch {
  databaseUrl: string;
  dir: string;
}

/** A database with the tables of one of our services, for a peer that writes them by itself. */
export const scratchDatabase = ({ databaseUrl, dir }: Scratch, service: 'bidding' | 'escrow', name: string) =>
  provisionDatabase(databaseUrl, service, { name, secretFile: join(dir, 'peers.secret') });

export async function execute(connectionString: string, sql: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql, values);
  } finally {
    await client.end();
  }
}

const TERMS = { currency: 'CNY', startPriceFen: '1000000', incrementFen: '1', depositFen: '100000', reserveFen: null };

/** Open lots with admitted bidders, as rows: the naive peer has no other way to them. */
export async function insertLots(ownerUrl: string, count: number, bidders: readonly Bidder[]): Promise<string[]> {
  const ids = Array.from({ length: count }, () => uuidv7());
  const per = biddersPerLot(count, bidders.length);
  await execute(
    ownerUrl,
    `insert into auction (sale_id, seller, terms, free_starts_at, free_ends_at, version, period, paddles, cycle, head)
     select id, 'seller', $2::jsonb, now(), now() + interval '1 day', 1, 'free', $3, 0, 1 from unnest($1::uuid[]) id`,
    [ids, JSON.stringify(TERMS), per],
  );
  const admissions = ids.flatMap((id, lot) =>
    Array.from({ length: per }, (_, turn) => [
      id,
      bidders[(lot * per + turn) % bidders.length]!.organisation,
      turn + 1,
    ]),
  );
  await execute(
    ownerUrl,
    `insert into bidder (sale_id, party, rules_version, registered_at, paddle, admitted_at, deposit, version)
     select l, p, '1', now(), n, now(), 'held', 1 from unnest($1::uuid[], $2::text[], $3::int[]) u(l, p, n)`,
    [0, 1, 2].map((column) => admissions.map((row) => row[column])),
  );
  return ids;
}
