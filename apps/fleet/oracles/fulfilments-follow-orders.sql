-- promise: An order is completed when its fulfilment is done, and called off when that is undone.
-- quiet: no
-- examined
select (select count(*) from saga_instance where service = 'orders' and saga = 'fulfilment') + (select count(*) from order_view);
-- broken
select order_view.order_id, order_view.state, saga_instance.state as fulfilment, saga_instance.step_name
from saga_instance
left join order_view on order_view.order_id = saga_instance.id
where saga_instance.service = 'orders' and saga_instance.saga = 'fulfilment'
    and (order_view.order_id is null
        or (saga_instance.state = 'done') <> (order_view.state = 'COMPLETED')
        or (saga_instance.state = 'undone') <> (order_view.state = 'CANCELLED'))
