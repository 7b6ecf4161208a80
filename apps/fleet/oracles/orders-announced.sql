-- promise: Every state that an order reached was announced, once, and nothing else was.
-- quiet: no
-- examined
select count(*) from event_log where service = 'orders';
-- broken
select order_key, type, sum(happened) as happened, sum(announced) as announced
from (
    select stream as order_key, iif(type = 'lost', 'cancelled', type) as type, 1 as happened, 0 as announced
    from stream_event
    where type in ('placed', 'opened', 'rejected', 'cancelled', 'lost')
    union all
    select partition_key, replace(replace(type, 'tradewind.orders.order-', ''), '.v1', ''), 0, 1
    from event_log
    where service = 'orders'
)
group by order_key, type
having sum(happened) <> sum(announced) or sum(happened) > 1
