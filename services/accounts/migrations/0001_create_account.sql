create table account (
    account_id {uuid} primary key,
    email text unique,
    name text,
    password text,
    roles text not null,
    state text not null check (state in ('active', 'erased')),
    created_at bigint not null,
    changed_at bigint not null,
    check ((state = 'active') = (email is not null and name is not null and password is not null)),
    check (state = 'active' or (email is null and name is null and password is null))
);
create table person_key (
    account_id {uuid} primary key references account (account_id),
    sealed {bytes} not null
);
create table client (
    client_id text primary key,
    secret text not null,
    changed_at bigint not null
);
create table session (
    session_id {uuid} primary key,
    account_id {uuid} not null references account (account_id),
    began_at bigint not null,
    expires_at bigint not null,
    ended_at bigint
);
create index session_of_account on session (account_id, began_at);
create index session_expires on session (expires_at);
create table refresh_token (
    digest {bytes} primary key,
    session_id {uuid} not null references session (session_id),
    used_at bigint
);
create unique index refresh_token_in_use on refresh_token (session_id) where used_at is null;
create table signing_key (
    number bigint primary key,
    key_id text not null unique,
    public_key text not null,
    sealed {bytes} not null,
    signs_from bigint not null,
    signs_until bigint not null,
    shown_until bigint not null
);
create table attempt (
    subject {bytes} primary key,
    count bigint not null check (count >= 0),
    last_at bigint not null,
    not_before bigint not null
);
create index attempt_last on attempt (last_at);
