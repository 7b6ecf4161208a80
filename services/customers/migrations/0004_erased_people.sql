alter table account add column erased_at bigint;
