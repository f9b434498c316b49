import { makeUscc } from '@yuzhi/protocol/uscc';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { execute } from './scratch.ts';

const PER_LOT = 1000;
/** Of one statement. */
const LOTS_AT_ONCE = 1000;
const PARTIES = [makeUscc(49_001), makeUscc(49_002)];
const DAY_MS = 86_400_000;

/** Lots that ended yesterday, sold to the last of a thousand quotes. */
const ENDED = `
  insert into auction (sale_id, seller, terms, free_starts_at, free_ends_at, version, period, paddles, cycle, head,
    result)
  select id, 'seller', '{}'::jsonb, now() - interval '2 days', now() - interval '1 day', 3, 'ended', 2, 0, ${PER_LOT},
    jsonb_build_object('outcome', 'sold', 'winner', $2::text, 'priceFen', '${PER_LOT}')
  from unnest($1::uuid[]) id`;
const QUOTES = `
  insert into bid (sale_id, seq, at, bidder, person, paddle, amount_fen, refusal, bids, leader_seq, cycle, head)
  select id, n, now() - interval '1 day', ($2::text[])[1 + n % 2], 'bench',
    1 + n % 2, n, null, n, n, 0, n
  from unnest($1::uuid[]) id, generate_series(1, ${PER_LOT}) n`;

/** Engines of their own, with little and with much behind them. */
export type ShelfName = 'few' | 'full';

/** So many quotes of lots that have ended, a thousand to each: what years leave behind. */
export async function shelve(databaseUrl: string, quotes: number): Promise<void> {
  const yesterday = Date.now() - DAY_MS;
  const lots = Array.from({ length: quotes / PER_LOT }, () => uuidv7(yesterday)).toSorted();
  for (let at = 0; at < lots.length; at += LOTS_AT_ONCE) {
    const some = lots.slice(at, at + LOTS_AT_ONCE);
    await execute(databaseUrl, ENDED, [some, PARTIES[1]]);
    await execute(databaseUrl, QUOTES, [some, PARTIES]);
  }
  await settle(databaseUrl);
}

/** What a fill leaves to be done later would be done while something is measured. */
async function settle(databaseUrl: string): Promise<void> {
  for (const statement of ['vacuum (analyze) bid', 'vacuum (analyze) auction', 'checkpoint']) {
    await execute(databaseUrl, statement);
  }
}

/** Forgets every quote. Of lots that are open the engine knows the rest by heart until it is started again. */
export const clear = (databaseUrl: string): Promise<void> => execute(databaseUrl, 'truncate bid');
