-- promise: An open order has exactly its lines confirmed in stock; a rejected or cancelled one, or none at all, holds nothing.
-- quiet: yes
-- examined
select count(*) from order_view where state <> 'NEW';
-- broken
select order_id, product_id, sum(wanted) as wanted, sum(held) as held, sum(unconfirmed) as unconfirmed
from (
    select order_id, json_extract(line.value, '$.productId') as product_id,
        json_extract(line.value, '$.quantity') as wanted, 0 as held, 0 as unconfirmed
    from order_view, json_each(order_view.lines) as line
    where state = 'OPEN'
    union all
    select order_id, product_id, 0, quantity, state = 'held'
    from reservation
    where state in ('held', 'confirmed')
)
where 'order-' || order_id not in (select partition_key from dead_letters)
group by order_id, product_id
having sum(wanted) <> sum(held) or sum(unconfirmed) > 0
