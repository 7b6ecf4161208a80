-- promise: Every parked event is a letter, every letter an event of its producer behind the cursor, and keys count theirs.
-- quiet: yes
-- examined
select count(*) from event_cursor;
-- broken
select 'letters of a key' as what, parked_key.service, parked_key.subscription, parked_key.partition_key as which
from parked_key
left join dead_letters on dead_letters.service = parked_key.service
    and dead_letters.subscription = parked_key.subscription
    and dead_letters.partition_key = parked_key.partition_key
group by parked_key.service, parked_key.subscription, parked_key.partition_key, parked_key.letters
having count(dead_letters.position) <> parked_key.letters
union all
select 'letter without its key', dead_letters.service, dead_letters.subscription, dead_letters.partition_key
from dead_letters
left join parked_key on parked_key.service = dead_letters.service
    and parked_key.subscription = dead_letters.subscription
    and parked_key.partition_key = dead_letters.partition_key
where parked_key.service is null
union all
select 'letter without its event', dead_letters.service, dead_letters.subscription, dead_letters.event_id
from dead_letters
left join event_log on event_log.service = dead_letters.subscription
    and event_log.position = dead_letters.position and event_log.id = dead_letters.event_id
left join event_horizon on event_horizon.service = dead_letters.subscription
where event_log.id is null and dead_letters.position > coalesce(event_horizon.position, 0)
union all
select 'letter ahead of the cursor', dead_letters.service, dead_letters.subscription, dead_letters.event_id
from dead_letters
join event_cursor on event_cursor.service = dead_letters.service
    and event_cursor.subscription = dead_letters.subscription
where dead_letters.position > event_cursor.position
