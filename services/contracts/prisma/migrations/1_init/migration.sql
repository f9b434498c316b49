-- side: file, signing_key
-- append-only: file, signing_key
create table deal (
  sale_id uuid primary key,
  seller text not null,
  buyer text not null,
  status text not null,
  stuck boolean not null,
  errand text,
  sealed_hash text,
  opened_at timestamptz(6) not null,
  version int not null,
  deadline_at timestamptz(6),
  state jsonb not null
);
create index deal_by_seller on deal (seller, opened_at desc, sale_id desc);
create index deal_by_buyer on deal (buyer, opened_at desc, sale_id desc);
create index deal_newest on deal (opened_at desc, sale_id desc);
create index deal_by_stuck on deal (stuck, opened_at desc, sale_id desc);
create index deal_by_errand on deal (errand, opened_at);
create index deal_by_sealed_hash on deal (sealed_hash);
create index deal_due on deal (deadline_at);

create table file (
  sha256 text primary key,
  media_type text not null,
  bytes bytea not null,
  created_at timestamptz(6) not null default now()
);

create table signing_key (
  name text primary key,
  material bytea not null
);
