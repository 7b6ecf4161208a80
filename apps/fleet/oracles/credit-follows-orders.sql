-- promise: An open order on account has exactly its total reserved or owed, a completed one owed; any other holds nothing.
-- quiet: yes
-- examined
select count(*) from order_view where state <> 'NEW';
-- broken
select order_id, customer_id, sum(wanted) as wanted, sum(owed_wanted) as owed_wanted, sum(held) as held,
    sum(owed) as owed, sum(unconfirmed) as unconfirmed
from (
    select order_id, customer_id, total_minor as wanted, iif(state = 'COMPLETED', total_minor, 0) as owed_wanted,
        0 as held, 0 as owed, 0 as unconfirmed
    from order_view
    where state in ('OPEN', 'COMPLETED') and payment = 'account'
    union all
    select order_id, customer_id, 0, 0, amount, iif(state = 'invoiced', amount, 0), state = 'held'
    from credit_reservation
    where state in ('held', 'confirmed', 'invoiced')
)
where 'order-' || order_id not in (select partition_key from dead_letters)
group by order_id, customer_id
having sum(wanted) <> sum(held) or sum(unconfirmed) > 0
    or (sum(owed_wanted) > 0 and sum(owed_wanted) <> sum(owed))
