-- promise: The events of a key are numbered without a gap and none is there twice.
-- quiet: no
-- examined
select count(*) from event_log;
-- broken
select service, partition_key, count(*) as events, min(sequence) as first, max(sequence) as last
from event_log
group by service, partition_key
having count(*) <> max(sequence) or min(sequence) <> 1 or count(distinct sequence) <> count(*)
