alter table item add column told bigint;
