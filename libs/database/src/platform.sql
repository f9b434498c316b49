-- Every service's database holds these beside its own tables.
-- side: projection_offset, lease, seal
-- append-only: seal
-- shared: quarantine
create table consumer_offset (
  topic text not null,
  partition int not null,
  cluster_id text not null,
  next_offset bigint not null,
  owner_epoch bigint not null,
  last_now timestamptz not null default 'epoch',
  clock_offset_ms bigint not null default 0,
  primary key (topic, partition)
) with (fillfactor = 70);

-- What was decided, by day of filing: a day's partition is dropped when the promised window has passed. `asked` stands
-- for party, aggregate and idempotency key: an index of those three would cost twice as much.
create table inbox (
  asked uuid not null,
  party text not null,
  aggregate text not null,
  idempotency_key text not null,
  filed_on date not null,
  command_id uuid not null,
  type text not null,
  input_hash text not null,
  outcome json not null,
  decided_at timestamptz not null,
  primary key (asked, filed_on)
) partition by range (filed_on);
create table inbox_beyond partition of inbox default;

create table outbox (
  seq bigint generated always as identity primary key,
  partition int not null,
  topic text not null,
  key text not null,
  value text
);

create table quarantine (
  topic text not null,
  partition int not null,
  message_offset bigint not null,
  kind text not null check (kind in ('command', 'event')),
  key text not null,
  value text not null,
  error text not null,
  at timestamptz not null default now(),
  primary key (topic, partition, message_offset)
);
create index quarantine_key on quarantine (topic, key) where kind = 'event';

create table projection_offset (
  projection text not null,
  topic text not null,
  partition int not null,
  cluster_id text not null,
  next_offset bigint not null,
  primary key (projection, topic, partition)
);

create table lease (
  name text primary key,
  holder text not null,
  until timestamptz not null
);

-- By chain, a hash over each row that must not change and over the hash before it.
create table seal (
  chain text not null,
  seq bigint not null,
  hash bytea not null,
  sealed_at timestamptz not null default now(),
  primary key (chain, seq)
);

-- Opens the days ahead and drops those outside the promised window. Runs as the owner, because no runtime role may
-- alter tables, and for nobody but the committer. What was filed while its day was not open yet is moved to where it
-- belongs.
create function roll_inbox(today date, keep_days int) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare
  day date;
  name text;
begin
  if not has_table_privilege(session_user, 'inbox', 'delete') then
    raise insufficient_privilege using message = 'permission denied to roll the inbox';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('roll_inbox', 0));
  if to_regclass('inbox_' || to_char(today + 2, 'YYYYMMDD')) is not null then return; end if;
  -- Before any of its parts, as a commit does: the other way round the two could wait for each other.
  lock table inbox in access exclusive mode;
  for day in select generate_series(today, today + 2, interval '1 day')::date loop
    name := 'inbox_' || to_char(day, 'YYYYMMDD');
    continue when to_regclass(name) is not null;
    execute format('create table %I (like inbox including all)', name);
    execute format('with moved as (delete from inbox_beyond where filed_on = %L returning *)
      insert into %I select * from moved', day, name);
    execute format('alter table inbox attach partition %I for values from (%L) to (%L)', name, day, day + 1);
  end loop;
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'inbox'::regclass and c.relname ~ '^inbox_\d{8}$'
      and to_date(substr(c.relname, 7), 'YYYYMMDD') < today - keep_days
  loop
    execute format('drop table %I', name);
  end loop;
  delete from inbox_beyond where filed_on < today - keep_days;
end $$;

-- The fence of a commit: it fails as a whole unless every partition was ours, nothing asked was known and every row was
-- newer.
create function assert_commit(owned bigint, partitions bigint, known bigint, saved bigint, states bigint)
returns boolean language plpgsql as $$
begin
  if owned <> partitions then
    raise exception 'fenced: % of % partitions', owned, partitions using errcode = 'YZ001';
  end if;
  if known > 0 then raise exception 'known: %', known using errcode = 'YZ002'; end if;
  if saved <> states then raise exception 'stale: % of % rows', saved, states using errcode = 'YZ003'; end if;
  return true;
end $$;
