-- promise: An open order has exactly its total confirmed of its customer's credit; any other holds nothing.
-- quiet: yes
-- examined
select count(*) from order_view where state <> 'NEW';
-- broken
select order_id, customer_id, sum(wanted) as wanted, sum(held) as held, sum(unconfirmed) as unconfirmed
from (
    select order_id, customer_id, total_minor as wanted, 0 as held, 0 as unconfirmed
    from order_view
    where state = 'OPEN'
    union all
    select order_id, customer_id, 0, amount, state = 'held'
    from credit_reservation
    where state in ('held', 'confirmed')
)
where 'order-' || order_id not in (select partition_key from dead_letters)
group by order_id, customer_id
having sum(wanted) <> sum(held) or sum(unconfirmed) > 0
