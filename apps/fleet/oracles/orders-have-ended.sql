-- promise: In a quiet fleet no order waits for an answer.
-- quiet: yes
-- examined
select count(*) from order_view;
-- broken
select order_id, state
from order_view
where state = 'NEW'
    and 'order-' || order_id not in (select partition_key from dead_letters)
