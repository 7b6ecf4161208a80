-- promise: Nothing is announced because of an event that was never committed; one that is pruned is older than what is not.
-- quiet: yes
-- examined
select (select count(*) from event_log where causation is not null)
    + (select count(*) from event_horizon where position > 0);
-- broken
select service, position, type, causation
from event_log
where causation is not null and causation not in (select id from event_log)
    and causation > coalesce((select max(last_id) from event_horizon), '')
