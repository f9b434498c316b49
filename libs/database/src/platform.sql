-- Every service's database holds these beside its own tables.
-- side: projection_offset, lease
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

-- What was decided, by day of filing: a day's partition is dropped when the promised window has passed.
create table inbox (
  party text not null,
  aggregate text not null,
  idempotency_key text not null,
  filed_on date not null,
  command_id uuid not null,
  type text not null,
  input_hash text not null,
  outcome jsonb not null,
  decided_at timestamptz not null,
  primary key (party, aggregate, idempotency_key, filed_on)
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

-- Opens the days ahead and drops those outside the promised window. Runs as the owner: no runtime role may alter tables.
create function roll_inbox(today date, keep_days int) returns void language plpgsql security definer set search_path = public as $$
declare
  day date;
  old text;
begin
  for day in select generate_series(today, today + 2, interval '1 day')::date loop
    if to_regclass('inbox_' || to_char(day, 'YYYYMMDD')) is null then
      execute format('create table %I partition of inbox for values from (%L) to (%L)', 'inbox_' || to_char(day, 'YYYYMMDD'), day, day + 1);
    end if;
  end loop;
  for old in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'inbox'::regclass and c.relname ~ '^inbox_\d{8}$' and to_date(substr(c.relname, 7), 'YYYYMMDD') < today - keep_days
  loop
    execute format('drop table %I', old);
  end loop;
end $$;

-- The fence of a commit: it fails as a whole unless every partition was ours, nothing asked was known and every row was newer.
create function assert_commit(owned bigint, partitions bigint, known bigint, saved bigint, states bigint) returns boolean language plpgsql as $$
begin
  if owned <> partitions then raise exception 'fenced: % of % partitions', owned, partitions using errcode = 'YZ001'; end if;
  if known > 0 then raise exception 'known: %', known using errcode = 'YZ002'; end if;
  if saved <> states then raise exception 'stale: % of % rows', saved, states using errcode = 'YZ003'; end if;
  return true;
end $$;
