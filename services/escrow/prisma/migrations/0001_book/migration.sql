-- side: psp_event
-- append-only: journal, entry, rail_attempt

create table book (
  id text primary key,
  version integer not null
) with (fillfactor = 70);

-- What one row can prove is proven by the row; the rest is in the view ledger_violation.
create table account (
  code text primary key,
  currency text not null,
  normal_side text not null check (normal_side in ('debit', 'credit')),
  guarded boolean not null,
  frozen boolean not null,
  posted_fen bigint not null,
  held_fen bigint not null,
  version bigint not null,
  sale_id uuid,
  constraint held_not_negative check (held_fen >= 0),
  constraint guarded_not_negative
    check (not guarded or (case normal_side when 'debit' then posted_fen else -posted_fen end) - held_fen >= 0)
) with (fillfactor = 70);
create index account_by_sale on account (sale_id);

create table journal (
  id uuid primary key,
  -- In the order of booking: the book has one writer.
  seq bigint generated always as identity unique,
  sale_id uuid,
  kind text not null,
  ref text not null,
  actor text not null,
  effective_at timestamptz(6) not null,
  booked_at timestamptz(6) not null,
  reverses uuid unique
);
create index journal_by_sale on journal (sale_id);

create table entry (
  journal_id uuid not null,
  line integer not null,
  account text not null,
  amount_fen bigint not null check (amount_fen <> 0),
  balance_after bigint not null,
  account_version bigint not null,
  primary key (journal_id, line),
  unique (account, account_version)
);

create view sealed_journal as
select j.seq, 'journal ' || j.id as subject,
  jsonb_build_array(j.seq, j.id, j.sale_id, j.kind, j.ref, j.actor, extract(epoch from j.effective_at),
    extract(epoch from j.booked_at), j.reverses, (
      select jsonb_agg(jsonb_build_array(line, account, amount_fen, balance_after, account_version) order by line)
      from entry where journal_id = j.id))::text as canonical
from journal j;

create table hold (
  id text primary key,
  account text not null,
  amount_fen bigint not null check (amount_fen > 0),
  status text not null check (status in ('PENDING', 'CAPTURED', 'VOIDED', 'EXPIRED')),
  placed_at timestamptz(6) not null,
  expires_at timestamptz(6),
  resolved_at timestamptz(6),
  captured_fen bigint,
  journal_id uuid,
  version integer not null
) with (fillfactor = 70);
create index hold_pending on hold (account) where status = 'PENDING';

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: what was wrong is reversed', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete or truncate on journal
  for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on entry
  for each statement execute function refuse_change();

create table sale (
  sale_id uuid primary key,
  is_open boolean not null,
  version integer not null,
  deadline_at timestamptz(6),
  state jsonb not null
) with (fillfactor = 70);
create index sale_open on sale (sale_id) where is_open;
create index sale_due on sale (deadline_at) where deadline_at is not null;

create table payment_order (
  id uuid primary key,
  sale_id uuid not null,
  payer text not null,
  opened_at timestamptz(6) not null,
  version integer not null,
  state jsonb not null
) with (fillfactor = 70);
create index payment_order_by_payer on payment_order (payer, opened_at desc, id desc);
create index payment_order_newest on payment_order (opened_at desc, id desc);
create index payment_order_by_sale on payment_order (sale_id);

create table payee (
  party text primary key,
  version integer not null,
  state jsonb not null
) with (fillfactor = 70);

create table rail_operation (
  id text primary key,
  sale_id uuid,
  kind text not null,
  status text not null,
  attempt integer not null,
  rail_id text,
  made_at timestamptz(6) not null,
  version integer not null,
  state jsonb not null
) with (fillfactor = 70);
create index rail_operation_by_sale on rail_operation (sale_id);
create index rail_operation_newest on rail_operation (made_at desc, id desc);
create index rail_operation_open on rail_operation (status, made_at)
  where status in ('waiting', 'intended', 'sent', 'blocked');

-- The idempotency key of each attempt, on record before the call. `made_at` is real time: what the rail goes by.
create table rail_attempt (
  operation_id text not null,
  attempt integer not null,
  made_at timestamptz(6) not null default now(),
  primary key (operation_id, attempt)
);

-- Events of the rail as its webhooks or its list told them. `note_id` is the request that one leads to.
create table psp_event (
  id text primary key,
  account text,
  type text not null,
  note_id uuid not null,
  payload jsonb not null,
  received_at timestamptz(6) not null default now(),
  processed_at timestamptz(6)
);
create index psp_event_waiting on psp_event (received_at) where processed_at is null;

-- The laws of the book, I1 to I8: a row is a breach.
create view ledger_violation as
select 'I1' as invariant, journal_id::text as subject from entry group by journal_id having sum(amount_fen) <> 0
union all
select 'I2', currency from account group by currency having sum(posted_fen) <> 0
union all
select 'I3', a.code from account a
  left join (select account, sum(amount_fen) as fen from entry group by account) e on e.account = a.code
  where a.posted_fen <> coalesce(e.fen, 0)
union all
select 'I4', code from account
  where guarded and (case normal_side when 'debit' then posted_fen else -posted_fen end) - held_fen < 0
union all
select 'I5', a.code from account a
  left join (select account, sum(amount_fen) as fen from hold where status = 'PENDING' group by account) h
    on h.account = a.code
  where a.held_fen <> coalesce(h.fen, 0)
union all
select 'I6', coalesce(a.code, e.account) from account a
  full join (
    select account, count(*) as entries, max(account_version) as newest, bool_and(continues) as gapless from (
      select account, account_version, balance_after =
          sum(amount_fen) over (partition by account order by account_version)
          and account_version = row_number() over (partition by account order by account_version) as continues
      from entry) s
    group by account) e on e.account = a.code
  where a.code is null or a.version <> coalesce(e.entries, 0) or not coalesce(e.gapless, true)
union all
select 'I7', j.id::text from journal j where not exists (select from entry e where e.journal_id = j.id)
union all
select 'I8', h.id from hold h
  where h.status = 'CAPTURED' and not exists (select from journal j where j.id = h.journal_id);
