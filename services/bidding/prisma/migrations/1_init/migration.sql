-- append-only: bid, moment
-- No foreign keys: nothing here is ever deleted, and checking them would cost every bid.

-- One online bidding as its last decision left it. The row is as large after a million bids as before the first, and a
-- bid changes no indexed column: its update stays within the page.
create table auction (
  sale_id uuid primary key,
  seller text not null,
  terms jsonb not null,
  free_starts_at timestamptz(3) not null,
  free_ends_at timestamptz(3) not null,
  version integer not null,
  period text not null,
  paddles integer not null,
  leader text,
  leader_paddle integer,
  highest_fen bigint,
  seq integer not null,
  bids integer not null,
  cycle integer not null,
  -- When it ends, or has ended, as things stand.
  ends_at timestamptz(3) not null,
  head integer not null,
  result jsonb,
  returns jsonb,
  -- When to look again: never after the next deadline, and moved only once it has passed.
  deadline_at timestamptz(3),
  check ((leader is null) = (highest_fen is null) and (result is null) = (period <> 'ended'))
) with (fillfactor = 70);
create index auction_due on auction (deadline_at);

-- Who registered for a bidding; written when that changes, never by a bid.
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

-- Every quote in the order of decision; refused ones name the violated rule.
create table bid (
  sale_id uuid not null,
  seq integer not null,
  at timestamptz(3) not null,
  bidder text not null,
  person text not null,
  paddle integer,
  amount_fen bigint not null,
  refusal text,
  command_id uuid not null,
  primary key (sale_id, seq),
  check (refusal is not null or paddle is not null)
);

-- What the hall was shown: the items of one commit, numbered up to `seq`. Gaps of the live stream are filled from here.
create table moment (
  sale_id uuid not null,
  seq integer not null,
  items json not null,
  primary key (sale_id, seq)
);
