-- The bytes of an object are a blob: written down before its file is made, so that no file is ever without a row.
create table blob (
    blob_id {uuid} primary key,
    state text not null check (state in ('begun', 'named', 'condemned')),
    size bigint not null check (size >= 0),
    changed_at bigint not null
);
create index blob_by_state on blob (state, changed_at);
create table stored_object (
    bucket text not null,
    name text not null,
    blob_id {uuid} not null unique references blob (blob_id),
    media_type text not null,
    size bigint not null check (size >= 0),
    etag text not null,
    modified_at bigint not null,
    primary key (bucket, name)
);
-- One row: how much there is of all objects together.
create table storage_usage (
    id bigint primary key check (id = 1),
    objects bigint not null check (objects >= 0),
    bytes bigint not null check (bytes >= 0)
);
insert into storage_usage (id, objects, bytes) values (1, 0, 0);
