-- promise: Every accepted placement is an order that exists, and no two keys led to the same order.
-- quiet: no
-- examined
select count(*) from idempotency where service = 'orders' and scope like '% POST /api/orders/v1/orders' and status = 202;
-- broken
select placed.key, placed.location, count(*) over (partition by placed.location) as keys
from (select idempotency.scope, idempotency.key, json_extract(header.value, '$[1]') as location
        from idempotency, json_each(idempotency.headers) as header
        where service = 'orders' and scope like '% POST /api/orders/v1/orders' and status = 202
            and json_extract(header.value, '$[0]') = 'location') as placed
left join order_view on placed.location = '/api/orders/v1/orders/' || order_view.order_id
where order_view.order_id is null
    or placed.location in (select json_extract(header.value, '$[1]')
        from idempotency, json_each(idempotency.headers) as header
        where service = 'orders' and scope like '% POST /api/orders/v1/orders' and status = 202
            and json_extract(header.value, '$[0]') = 'location'
        group by 1 having count(*) > 1)
