-- promise: Nothing is announced because of an event that was never committed.
-- quiet: yes
-- examined
select count(*) from event_log where causation is not null;
-- broken
select service, position, type, causation
from event_log
where causation is not null and causation not in (select id from event_log)
