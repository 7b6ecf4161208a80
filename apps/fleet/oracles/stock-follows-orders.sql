-- promise: An open order holds exactly its lines in stock; a rejected or cancelled one, or none at all, holds nothing.
-- quiet: yes
-- examined
select count(*) from order_view where state <> 'NEW';
-- broken
select coalesce(wanted.order_id, held.order_id) as order_id, coalesce(wanted.product_id, held.product_id) as product_id,
    wanted.quantity as wanted, held.quantity as held
from (select order_id, json_extract(line.value, '$.productId') as product_id,
            sum(json_extract(line.value, '$.quantity')) as quantity
        from order_view, json_each(order_view.lines) as line
        where state = 'OPEN' group by 1, 2) as wanted
full join (select order_id, product_id, sum(quantity) as quantity from reservation
        where state in ('held', 'confirmed') group by 1, 2) as held
    on held.order_id = wanted.order_id and held.product_id = wanted.product_id
where wanted.quantity is not held.quantity
    and not exists (select 1 from dead_letters
        where partition_key = 'order-' || coalesce(wanted.order_id, held.order_id))
