create table listing (
  sale_id uuid primary key,
  seller text not null,
  status text not null,
  patent_number text not null,
  words text not null,
  listed_at timestamptz(6) not null,
  version integer not null,
  deadline_at timestamptz(6),
  state jsonb not null
) with (fillfactor = 70);
create index listing_by_status on listing (status, listed_at desc, sale_id desc);
create index listing_by_seller on listing (seller, listed_at desc, sale_id desc);
create index listing_due on listing (deadline_at);
