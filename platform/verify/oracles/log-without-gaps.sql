-- promise: The events of a key are numbered without a gap, from 1 or from where they are pruned, and none is there twice.
-- quiet: no
-- examined
select (select count(*) from event_log) + (select count(*) from event_key where pruned > 0);
-- broken
select event_log.service, event_log.partition_key, count(*) as events, min(event_log.sequence) as first,
    max(event_log.sequence) as last, max(event_key.pruned) as pruned
from event_log
left join event_key on event_key.service = event_log.service
    and event_key.partition_key = event_log.partition_key
group by event_log.service, event_log.partition_key
having min(event_log.sequence) is not max(event_key.pruned) + 1
    or count(*) <> max(event_log.sequence) - min(event_log.sequence) + 1
    or count(distinct event_log.sequence) <> count(*)
