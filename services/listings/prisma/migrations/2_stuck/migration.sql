alter table listing add column stuck boolean not null default false;
create index listing_by_stuck on listing (stuck, listed_at desc, sale_id desc);
