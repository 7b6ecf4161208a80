-- promise: Each event that an endpoint wants has exactly one delivery to it, and nothing else is delivered there.
-- quiet: yes
-- examined
select count(*) from event_cursor where service = 'webhooks';
-- broken
select endpoint_start.endpoint_id, event_log.id as event_id, count(delivery.number) as deliveries
from endpoint_start
join endpoint_type on endpoint_type.endpoint_id = endpoint_start.endpoint_id
join event_log on event_log.service = endpoint_start.producer and event_log.type = endpoint_type.type
    and event_log.position > endpoint_start.position
left join webhook_event on webhook_event.event_id = event_log.id
left join delivery on delivery.number = webhook_event.number
    and delivery.endpoint_id = endpoint_start.endpoint_id
where event_log.partition_key not in (select partition_key from dead_letters where service = 'webhooks')
group by endpoint_start.endpoint_id, event_log.id
having count(delivery.number) <> 1
union all
select delivery.endpoint_id, webhook_event.event_id, count(*)
from delivery
join webhook_event on webhook_event.number = delivery.number and webhook_event.producer is not null
where not exists (select 1 from endpoint_type
    where endpoint_type.endpoint_id = delivery.endpoint_id and endpoint_type.type = webhook_event.type)
group by delivery.endpoint_id, webhook_event.event_id;
