-- promise: The counter of each key stands at the number of its last event, pruned or not.
-- quiet: no
-- examined
select count(*) from event_key;
-- broken
select event_key.service, event_key.partition_key, event_key.sequence, event_key.pruned, last.sequence as last
from event_key
left join (select service, partition_key, max(sequence) as sequence from event_log
    group by service, partition_key) as last
    on last.service = event_key.service and last.partition_key = event_key.partition_key
where coalesce(last.sequence, event_key.pruned) is not event_key.sequence
