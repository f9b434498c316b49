import { execute, scratchDatabase, type Scratch } from './scratch.ts';

const HOT = '00000000-0000-7000-8000-00000000000a';
const PARTY = '91410100DEM500005X';
const PERSON = '0199a1b2-0000-7000-8000-000000000001';

const COLUMNS = 'sale_id, seq, at, bidder, person, paddle, amount_fen, refusal, bids, leader_seq, cycle, head';

/** P1: one quote's row and its commit, over 1,000 lots. */
export const ROW_OF_MANY = `\\set lot random(1, 1000)
insert into bid (${COLUMNS})
  values (lpad(to_hex(:lot::int), 32, '0')::uuid, nextval('row_seq'), now(), '${PARTY}', '${PERSON}', 1, 100, null,
    1, 1, 0, 1);
`;

/** PH: the quote that leads on one lot, whose row everybody wants. */
export const ROW_OF_ONE = `with led as (
  update hot set highest_fen = highest_fen + 1, seq = seq + 1, leader = '${PARTY}'
  where sale_id = '${HOT}' and highest_fen < highest_fen + 1 returning seq, highest_fen)
insert into bid (${COLUMNS})
  select '${HOT}', seq, now(), '${PARTY}', '${PERSON}', 1, highest_fen, null, seq, seq, 0, seq from led;
`;

/** Tables for both, of bidding's own shape. Answers where they are. */
export async function rowsDatabase(scratch: Scratch): Promise<string> {
  const { ownerUrl } = await scratchDatabase(scratch, 'bidding', 'bench_rows');
  await execute(
    ownerUrl,
    `create sequence if not exists row_seq;
     create table if not exists hot (
       sale_id uuid primary key, highest_fen bigint not null, seq int not null, leader text not null
     ) with (fillfactor = 70);
     insert into hot values ('${HOT}', 1000000, 0, '') on conflict do nothing`,
  );
  return ownerUrl;
}
