-- promise: Every event has passed the cursor of everyone who listens to it, also what is pruned.
-- quiet: yes
-- examined
select (select count(*) from subscribed_type
    join event_log on event_log.service = subscribed_type.producer and event_log.type = subscribed_type.type)
    + (select count(*) from event_horizon where position > 0);
-- broken
select subscribed_type.service, subscribed_type.producer, event_log.position, event_log.type
from subscribed_type
join event_log on event_log.service = subscribed_type.producer and event_log.type = subscribed_type.type
left join event_cursor on event_cursor.service = subscribed_type.service
    and event_cursor.subscription = subscribed_type.producer
where event_cursor.position is null or event_log.position > event_cursor.position
union all
select subscribed.service, subscribed.producer, event_horizon.position, 'pruned before it was handled'
from (select distinct service, producer from subscribed_type) as subscribed
join event_horizon on event_horizon.service = subscribed.producer
left join event_cursor on event_cursor.service = subscribed.service
    and event_cursor.subscription = subscribed.producer
where coalesce(event_cursor.position, 0) < event_horizon.position
