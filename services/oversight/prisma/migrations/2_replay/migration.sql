create table replay (
  replay uuid primary key,
  asked_at timestamptz(6) not null,
  approved boolean not null,
  version integer not null,
  deadline_at timestamptz(6),
  state jsonb not null
);
create index replay_by_asking on replay (asked_at desc, replay desc);
create index replay_approved on replay (asked_at) where approved;
