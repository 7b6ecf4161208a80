-- promise: An open order holds exactly its total of its customer's credit; any other holds nothing.
-- quiet: yes
-- examined
select count(*) from order_view where state <> 'NEW';
-- broken
select coalesce(wanted.order_id, held.order_id) as order_id, wanted.customer_id, wanted.total_minor as wanted,
    held.customer_id as holder, held.amount as held
from (select order_id, customer_id, total_minor from order_view where state = 'OPEN') as wanted
full join (select order_id, customer_id, amount from credit_reservation where state in ('held', 'confirmed')) as held
    on held.order_id = wanted.order_id
where (wanted.total_minor is not held.amount or wanted.customer_id is not held.customer_id)
    and not exists (select 1 from dead_letters
        where partition_key = 'order-' || coalesce(wanted.order_id, held.order_id))
