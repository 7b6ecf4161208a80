-- promise: An open order has exactly its lines confirmed or picked in stock, a completed one picked; any other holds nothing.
-- quiet: yes
-- examined
select count(*) from order_view where state <> 'NEW';
-- broken
select order_id, product_id, sum(wanted) as wanted, sum(picked_wanted) as picked_wanted, sum(held) as held,
    sum(picked) as picked, sum(unconfirmed) as unconfirmed
from (
    select order_id, json_extract(line.value, '$.productId') as product_id,
        json_extract(line.value, '$.quantity') as wanted,
        iif(state = 'COMPLETED', json_extract(line.value, '$.quantity'), 0) as picked_wanted,
        0 as held, 0 as picked, 0 as unconfirmed
    from order_view, json_each(order_view.lines) as line
    where state in ('OPEN', 'COMPLETED')
    union all
    select order_id, product_id, 0, 0, quantity, iif(state = 'picked', quantity, 0), state = 'held'
    from reservation
    where state in ('held', 'confirmed', 'picked')
)
where 'order-' || order_id not in (select partition_key from dead_letters)
group by order_id, product_id
having sum(wanted) <> sum(held) or sum(unconfirmed) > 0
    or (sum(picked_wanted) > 0 and sum(picked_wanted) <> sum(picked))
