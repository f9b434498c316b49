-- append-only: bid, moment
-- No foreign keys: nothing here is ever deleted, and checking them would cost every bid.

-- One online bidding. The row is written when a period changes, somebody is admitted, it ends: a quote leaves it alone.
create table auction (
  sale_id uuid primary key,
  seller text not null,
  terms jsonb not null,
  free_starts_at timestamptz(3) not null,
  free_ends_at timestamptz(3) not null,
  version integer not null,
  period text not null,
  paddles integer not null,
  cycle integer not null,
  head integer not null,
  result jsonb,
  returns jsonb,
  -- When to look again: never after the next deadline, and moved only once it has passed.
  deadline_at timestamptz(3),
  check ((result is null) = (period <> 'ended'))
) with (fillfactor = 70);
create index auction_due on auction (deadline_at);
create index auction_by_start on auction (free_starts_at desc, sale_id desc);

-- Who registered for a bidding; written when that changes, never by a quote.
create table bidder (
  sale_id uuid not null,
  party text not null,
  rules_version text not null,
  registered_at timestamptz(3) not null,
  paddle integer,
  admitted_at timestamptz(3),
  deposit text not null,
  asked_at timestamptz(3),
  stuck text,
  version integer not null,
  primary key (sale_id, party)
) with (fillfactor = 70);

-- Every quote in the order of decision, with what it left behind: how many were valid so far, which of them leads, the
-- cycle, the number of the last item shown. So the newest row of an auction tells how it stands. Refused quotes name
-- the violated rule.
create table bid (
  sale_id uuid not null,
  seq integer not null,
  at timestamptz(3) not null,
  bidder text not null,
  person text not null,
  paddle integer,
  amount_fen bigint not null,
  refusal text,
  bids integer not null,
  leader_seq integer,
  cycle integer not null,
  head integer not null,
  primary key (sale_id, seq),
  check (refusal is not null or paddle is not null)
);

-- What the hall was shown besides valid quotes, whose own rows tell it: periods, the first cycle, the end.
create table moment (
  sale_id uuid not null,
  seq integer not null,
  item jsonb not null,
  primary key (sale_id, seq)
);

-- How each auction stands after its last decision.
create view standing as
select a.sale_id, a.seller, a.terms, a.free_starts_at, a.free_ends_at, a.version, a.period, a.paddles,
  best.bidder as leader, best.paddle as leader_paddle, best.seq as leader_seq,
  best.amount_fen as highest_fen, coalesce(newest.seq, 0) as seq, coalesce(newest.bids, 0) as bids,
  greatest(a.cycle, newest.cycle) as cycle, greatest(a.head, newest.head) as head, a.result, a.returns, a.deadline_at,
  -- When it ends as things stand, or has ended.
  coalesce(
    to_timestamp((a.result ->> 'endedAt')::float8 / 1000),
    case when best.cycle > 0 then best.at else a.free_ends_at end
      + (a.terms ->> 'cycleMs')::float8 * interval '1 ms'
  )::timestamptz(3) as ends_at
from auction a
left join lateral (select * from bid b where b.sale_id = a.sale_id order by b.seq desc limit 1) newest on true
left join bid best on best.sale_id = a.sale_id and best.seq = newest.leader_seq;

-- The first quote that was shown, or would have been, behind an item of the live stream: numbers rise with the quotes.
create function first_bid_behind(sale uuid, item integer) returns integer language plpgsql stable as $$
declare
  low integer := 1;
  high integer := (select seq + 1 from bid where sale_id = sale order by seq desc limit 1);
  middle integer;
begin
  while low < high loop
    middle := (low + high) / 2;
    if (select head from bid where sale_id = sale and seq = middle) > item
      then high := middle; else low := middle + 1; end if;
  end loop;
  return low;
end $$;
