-- promise: A completed order by card is paid once and by its total, and of one that was not fulfilled nothing is kept.
-- quiet: yes
-- examined
select count(*) from order_view;
-- broken
select order_view.order_id, order_view.state, order_view.total_minor, payment_view.state as payment,
    payment_view.amount, payment_view.refunded
from order_view
left join payment_view on payment_view.order_id = order_view.order_id
where 'order-' || order_view.order_id not in (select partition_key from dead_letters)
    and 'payment-' || order_view.order_id not in (select stream from stream_event where stream like 'payment-%'
        group by stream having sum(type = 'refund-asked') > sum(type in ('refunded', 'refund-failed'))
        or sum(type = 'release-asked') > sum(type in ('released', 'declined', 'captured')))
    and ((order_view.payment = 'card' and payment_view.order_id is null)
        or (order_view.payment <> 'card' and payment_view.order_id is not null)
        or payment_view.amount <> order_view.total_minor
        or (order_view.state = 'COMPLETED' and payment_view.state <> 'captured')
        or (order_view.state = 'OPEN' and payment_view.state not in ('authorised', 'captured', 'released'))
        or (order_view.state in ('REJECTED', 'CANCELLED') and not (payment_view.state in ('declined', 'released')
            or (payment_view.state = 'captured' and payment_view.refunded = payment_view.amount))))
