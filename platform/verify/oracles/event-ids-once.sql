-- promise: No two events of the fleet have the same id.
-- quiet: no
-- examined
select (select count(*) from event_log) + (select count(*) from event_horizon where position > 0);
-- broken
select id, count(*) as events from event_log group by id having count(*) > 1
