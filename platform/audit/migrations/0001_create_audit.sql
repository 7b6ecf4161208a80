create table audit_record (
    sequence bigint primary key,
    at bigint not null,
    role text not null,
    actor text not null,
    on_behalf_of text,
    action text not null,
    target_kind text not null,
    target_id text not null,
    before text,
    after text,
    correlation text not null,
    trace_id text not null,
    outcome text not null,
    previous {bytes} not null,
    hash {bytes} not null
);
create index audit_record_target on audit_record (target_kind, target_id, sequence);
create index audit_record_actor on audit_record (actor, sequence);
create table audit_head (
    place integer primary key check (place = 1),
    records bigint not null,
    hash {bytes} not null
);
-- engine: sqlite
create trigger audit_record_unchanged before update on audit_record
begin
    select raise(abort, 'what is recorded is not changed');
end;
create trigger audit_record_unremoved before delete on audit_record
begin
    select raise(abort, 'what is recorded is not removed');
end;
create trigger audit_head_grows before update on audit_head when new.records < old.records
begin
    select raise(abort, 'a chain does not become shorter');
end;
create trigger audit_head_unremoved before delete on audit_head
begin
    select raise(abort, 'a chain does not become shorter');
end;
-- engine: postgres
create function audit_refuse() returns trigger language plpgsql as $body$
begin
    raise exception 'what is recorded is neither changed nor removed' using errcode = 'integrity_constraint_violation';
end
$body$;
-- For each row: to clear an empty table, as a restore does, removes nothing.
create trigger audit_record_unchanged before update or delete on audit_record
    for each row execute function audit_refuse();
create trigger audit_record_kept before truncate on audit_record
    for each statement execute function audit_refuse();
create trigger audit_head_unremoved before delete on audit_head
    for each row execute function audit_refuse();
create trigger audit_head_kept before truncate on audit_head
    for each statement execute function audit_refuse();
create trigger audit_head_grows before update on audit_head
    for each row when (new.records < old.records) execute function audit_refuse();
