-- promise: Every state that an order reached was announced, once, and nothing else was.
-- quiet: no
-- examined
select count(*) from event_log where service = 'orders';
-- broken
select coalesce(stream, key) as order_key, type, happened, announced
from (
    select reached.stream, told.partition_key as key, coalesce(reached.type, told.type) as type,
        coalesce(reached.happened, 0) as happened, coalesce(told.announced, 0) as announced
    from (select stream, iif(type = 'lost', 'cancelled', type) as type, count(*) as happened from stream_event
            where type in ('placed', 'opened', 'rejected', 'cancelled', 'lost') group by 1, 2) as reached
    full join (select partition_key, substr(type, length('tradewind.orders.order-') + 1,
                length(type) - length('tradewind.orders.order-.v1')) as type, count(*) as announced
            from event_log where service = 'orders' group by partition_key, type) as told
        on told.partition_key = reached.stream and told.type = reached.type
)
where happened <> announced
