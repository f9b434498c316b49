import type { Acknowledged } from './acknowledged.ts';
import { type Check, FINDINGS_MAX, type Found, sqlCheck } from './check.ts';

const PLACE_BID = 'bidding.auction.place-bid.v1';

interface BidRow {
  n: number;
  bidder: string | null;
  fen: string | null;
  paddle: number | null;
  refusal: string | null;
}
interface Answered {
  acknowledged: Acknowledged;
  seq: number;
  amountFen: string;
  paddle: number;
}

/** Quotes that were answered as valid; those whose command the client did not name are known by their answer. */
const accepted = (all: readonly Acknowledged[]): Answered[] =>
  all.flatMap((acknowledged) => {
    const { service, type = PLACE_BID, status, body } = acknowledged;
    const { seq, amountFen, paddle } = body as Partial<Answered>;
    if (service !== 'bidding' || type !== PLACE_BID || status >= 400) return [];
    return seq !== undefined && amountFen !== undefined && paddle !== undefined
      ? [{ acknowledged, seq, amountFen, paddle }]
      : [];
  });

function judge({ acknowledged: { party }, amountFen, paddle }: Answered, row: BidRow): string | undefined {
  if (row.fen === null) return 'was acknowledged as valid, and the row is not there';
  if (row.refusal !== null) return `was acknowledged as valid, and is kept as refused: ${row.refusal}`;
  if (row.fen !== amountFen) return `was acknowledged at ${amountFen} fen, and stands at ${row.fen} fen`;
  if (row.paddle !== paddle) return `was acknowledged for paddle ${paddle}, and is paddle ${row.paddle}'s`;
  return party && row.bidder !== party ? `was acknowledged to ${party}, and is ${row.bidder}'s` : undefined;
}

const CHUNK = 5000;
const acknowledgedBids: Check = {
  name: 'acknowledged-bids-kept',
  proves: 'every quote that was acknowledged as valid is a row under its number, of its bidder, at its amount',
  find: async ({ databases, acknowledged }) => {
    const asked = accepted(acknowledged);
    const found: Found[] = [];
    for (let from = 0; from < asked.length && found.length < FINDINGS_MAX; from += CHUNK) {
      const chunk = asked.slice(from, from + CHUNK);
      const { rows } = await databases.bidding.query<BidRow>(
        `select w.n::int as n, b.bidder, b.amount_fen::text as fen, b.paddle, b.refusal
         from unnest($1::uuid[], $2::int[]) with ordinality w(sale_id, seq, n) left join bid b using (sale_id, seq)
         order by w.n`,
        [chunk.map((one) => one.acknowledged.aggregate), chunk.map(({ seq }) => seq)],
      );
      for (const row of rows) {
        const one = chunk[row.n - 1]!;
        const says = judge(one, row);
        if (says) found.push({ row: `bidding.bid ${one.acknowledged.aggregate} ${one.seq}`, says });
      }
    }
    return found.slice(0, FINDINGS_MAX);
  },
};

const pricesRise = sqlCheck(
  'bid-prices-rise',
  'valid quotes on a lot rise strictly',
  'bidding',
  `select format('bidding.bid %s %s', sale_id, seq) as row,
     format('%s fen, not above the %s fen of number %s', amount_fen, last_fen, last_seq) as says
   from (
     select sale_id, seq, amount_fen, lag(amount_fen) over lot as last_fen, lag(seq) over lot as last_seq
     from bid where refusal is null window lot as (partition by sale_id order by seq)) b
   where amount_fen <= last_fen`,
);
const gapless = sqlCheck(
  'bid-numbers-gapless',
  'quotes on a lot, refused ones counted, are numbered from 1 without a gap',
  'bidding',
  `select format('bidding.bid %s %s', sale_id, last_seq + 1) as row,
     format('missing: number %s is followed by %s', last_seq, seq) as says
   from (
     select sale_id, seq, coalesce(lag(seq) over (partition by sale_id order by seq), 0) as last_seq from bid) b
   where seq <> last_seq + 1`,
);
/** Relative to the row before: one wrong row is one finding, and a row that is missing is the other check's. */
const chain = sqlCheck(
  'bid-chain',
  'each quote says rightly what it left behind: how many were valid, which leads, no earlier instant',
  'bidding',
  `select format('bidding.bid %s %s', sale_id, seq) as row,
     case when at < last_at then format('decided at %s, before number %s', at, seq - 1)
       when bids <> last_bids + is_valid then format('counts %s valid quotes, %s before it', bids, last_bids)
       else format('leaves number %s in the lead', coalesce(leader_seq::text, 'nobody')) end as says
   from (
     select sale_id, seq, at, bids, leader_seq, (refusal is null)::int as is_valid,
       coalesce(lag(seq) over lot, 0) as last_seq, lag(at) over lot as last_at,
       coalesce(lag(bids) over lot, 0) as last_bids, lag(leader_seq) over lot as last_leader
     from bid window lot as (partition by sale_id order by seq)) b
   where seq = last_seq + 1 and (at < last_at or bids <> last_bids + is_valid
     or leader_seq is distinct from case when is_valid = 1 then seq else last_leader end)`,
);
const results = sqlCheck(
  'auction-results',
  'a bidding that was sold went to the highest valid quote, at its amount',
  'bidding',
  `select format('bidding.auction %s', a.sale_id) as row,
     format('sold to %s at %s fen; the highest valid quote is %s at %s fen', a.result ->> 'winner',
       a.result ->> 'priceFen', coalesce(b.bidder, 'nobody'), b.amount_fen) as says
   from auction a left join lateral (
     select bidder, amount_fen from bid b where b.sale_id = a.sale_id and refusal is null
     order by amount_fen desc limit 1) b on true
   where a.result ->> 'outcome' = 'sold'
     and (a.result ->> 'winner' is distinct from b.bidder or (a.result ->> 'priceFen')::bigint <> b.amount_fen)`,
);

/** What holds of the quotes on every lot, whoever was told of them. */
export const quoteChecks: readonly Check[] = [pricesRise, gapless, chain];
export const bidChecks: Check[] = [acknowledgedBids, ...quoteChecks, results];
