create table patent (
  patent_number text primary key,
  mirror_state text not null,
  stale boolean not null,
  owners jsonb not null,
  words text not null,
  office_version integer not null,
  requested_at timestamptz(6) not null,
  version integer not null,
  deadline_at timestamptz(6),
  state jsonb not null
) with (fillfactor = 70);
create index patent_newest on patent (requested_at desc, patent_number desc);
create index patent_by_owner on patent using gin (owners);
create index patent_stale on patent (requested_at) where stale;

create table filing (
  sale_id uuid primary key,
  status text not null,
  checking boolean not null,
  opened_at timestamptz(6) not null,
  version integer not null,
  deadline_at timestamptz(6),
  state jsonb not null
) with (fillfactor = 70);
create index filing_due on filing (deadline_at);
create index filing_checking on filing (opened_at) where checking;
