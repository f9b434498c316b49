-- side: credential, api_client, oidc, issuer_key
create table person (
  person uuid primary key,
  version integer not null,
  deadline_at timestamptz(6),
  state jsonb not null
);

create table organisation (
  uscc text primary key,
  verified boolean not null,
  registered_at timestamptz(6) not null,
  members jsonb not null,
  version integer not null,
  deadline_at timestamptz(6),
  state jsonb not null
);
create index organisation_newest on organisation (registered_at desc, uscc desc);
create index organisation_members on organisation using gin (members);

-- Secrets and sign-in sessions never stand on the log: they are written here directly, and only here.
create table credential (
  person uuid primary key,
  login_name text not null unique,
  password_hash text not null,
  failures integer not null default 0,
  locked_until timestamptz
);
create table api_client (
  client uuid primary key,
  organisation text not null,
  name text not null,
  secret_hash text not null
);
create table oidc (
  model text not null,
  id text not null,
  payload jsonb not null,
  expires_at timestamptz,
  consumed_at timestamptz,
  grant_id text,
  uid text,
  primary key (model, id)
);
create index oidc_grant on oidc (grant_id);
create index oidc_uid on oidc (uid);
create index oidc_expiry on oidc (expires_at);
create table issuer_key (
  name text primary key,
  material text not null
);
