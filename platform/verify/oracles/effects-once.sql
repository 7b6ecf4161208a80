-- promise: An event has at most one effect in each service: nothing is announced twice because of it.
-- quiet: no
-- examined
select (select count(*) from event_log where causation is not null)
    + (select count(*) from event_horizon where position > 0);
-- broken
select service, causation, type, partition_key, count(*) as events
from event_log
where causation is not null
group by service, causation, type, partition_key
having count(*) > 1
