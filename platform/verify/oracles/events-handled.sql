-- promise: Every event has passed the cursor of everyone who listens to it.
-- quiet: yes
-- examined
select count(*) from subscribed_type
join event_log on event_log.service = subscribed_type.producer and event_log.type = subscribed_type.type;
-- broken
select subscribed_type.service, subscribed_type.producer, event_log.position, event_log.type
from subscribed_type
join event_log on event_log.service = subscribed_type.producer and event_log.type = subscribed_type.type
left join event_cursor on event_cursor.service = subscribed_type.service
    and event_cursor.subscription = subscribed_type.producer
where event_cursor.position is null or event_log.position > event_cursor.position
