-- promise: Every state that an order reached was announced, once, and nothing else was; pruned announcements are counted.
-- quiet: no
-- examined
select (select count(*) from event_log where service = 'orders')
    + (select count(*) from event_key where service = 'orders' and pruned > 0);
-- broken
with happening (order_key, type, happened, announced) as (
    select stream, iif(type = 'lost', 'cancelled', type), 1, 0
    from stream_event
    where stream like 'order-%'
        and type in ('placed', 'opened', 'rejected', 'cancellation-requested', 'cancelled', 'lost', 'completed')
    union all
    select partition_key, replace(replace(type, 'tradewind.orders.order-', ''), '.v1', ''), 0, 1
    from event_log
    where service = 'orders'
),
pruned (order_key, announced) as (
    select partition_key, pruned from event_key where service = 'orders' and pruned > 0
)
select order_key, type, sum(happened) as happened, sum(announced) as announced
from happening
group by order_key, type
having sum(happened) > 1 or sum(announced) > sum(happened)
    or (sum(announced) < sum(happened) and order_key not in (select order_key from pruned))
union all
select order_key, 'all, with what is pruned', sum(happened), sum(announced)
from (
    select order_key, happened, announced from happening
    union all
    select order_key, 0, announced from pruned
)
group by order_key
having sum(happened) <> sum(announced)
