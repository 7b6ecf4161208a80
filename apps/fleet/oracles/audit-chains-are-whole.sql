-- promise: What is recorded of who did what has no gap, each record stands behind the one before, and the head is its end.
-- quiet: no
-- examined
select count(*) from audit_record;
-- broken
with record as (
    select service, sequence, previous, hash,
        lag(sequence, 1, 0) over chain as before, lag(hash) over chain as hash_before,
        lead(sequence) over chain as behind
    from audit_record
    window chain as (partition by service order by sequence)
)
select 'sequence' as what, service, sequence, before as other
from record
where sequence <> before + 1
union all
select 'link', service, sequence, before
from record
where hash_before is not null and previous <> hash_before
union all
select 'head', record.service, record.sequence, audit_head.records
from record
left join audit_head on audit_head.service = record.service
where record.behind is null
    and (audit_head.records is null or audit_head.records <> record.sequence or audit_head.hash <> record.hash)
union all
select 'no records', audit_head.service, 0, audit_head.records
from audit_head
left join (select service, count(*) as records from audit_record group by service) as counted
    on counted.service = audit_head.service
where audit_head.records > 0 and counted.records is null
