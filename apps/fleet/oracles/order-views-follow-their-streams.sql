-- promise: The state that an order shows is the one that its history leads to, and every order has a history.
-- quiet: no
-- examined
select count(*) from order_view;
-- broken
select order_view.order_id, order_view.state, history.last
from order_view
left join (select stream, type as last, max(version) from stream_event
        where type in ('placed', 'opened', 'rejected', 'cancelled', 'lost', 'completed') group by stream) as history
    on history.stream = 'order-' || order_view.order_id
where history.last is null
    or order_view.state <> case history.last when 'placed' then 'NEW' when 'opened' then 'OPEN'
        when 'rejected' then 'REJECTED' when 'completed' then 'COMPLETED' else 'CANCELLED' end
    or (order_view.state = 'REJECTED' and order_view.reason is null)
union all
select stream, 'not in the view', null
from stream_event
where version = 1 and stream like 'order-%' and substr(stream, 7) not in (select order_id from order_view)
