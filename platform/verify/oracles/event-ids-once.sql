-- promise: No two events of the fleet have the same id.
-- quiet: no
-- examined
select count(*) from event_log;
-- broken
select id, count(*) as events from event_log group by id having count(*) > 1
