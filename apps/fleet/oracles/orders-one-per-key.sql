-- promise: Every accepted placement is an order that exists, and no two keys led to the same order.
-- quiet: no
-- examined
select count(*) from idempotency where service = 'orders' and scope like '% POST /api/orders/v1/orders' and status = 202;
-- broken
select placed.key, placed.order_id, placed.keys
from (
    select key, substr(location, length('/api/orders/v1/orders/') + 1) as order_id,
        count(*) over (partition by location) as keys
    from (
        select idempotency.key, json_extract(header.value, '$[1]') as location
        from idempotency, json_each(idempotency.headers) as header
        where service = 'orders' and scope like '% POST /api/orders/v1/orders' and status = 202
            and json_extract(header.value, '$[0]') = 'location'
    )
) as placed
left join order_view on order_view.order_id = placed.order_id
where order_view.order_id is null or placed.keys > 1
