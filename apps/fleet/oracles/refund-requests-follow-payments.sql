-- promise: What customers ask back is decided once and given back once for each request that was granted, within what was captured.
-- quiet: no
-- examined
select (select count(*) from refund_request) + (select count(*) from payment_view)
    + (select count(*) from event_cursor where service = 'payments');
-- broken
with asked as (
    select order_id, sum(state = 'asked') as open, sum(state = 'returned') as returned, sum(state = 'failed') as failed,
        sum(refund_id is not null) as granted, count(distinct refund_id) as refunds,
        sum(iif(state in ('granted', 'returned'), granted, 0)) as amount,
        sum(granted > amount) as above, max(number) - count(*) as missing
    from refund_request
    group by order_id
),
happened as (
    select stream, sum(type = 'refund-asked') as begun, sum(type = 'refunded') as returned,
        sum(type = 'refund-failed') as failed
    from stream_event
    where stream like 'payment-%'
    group by stream
)
select asked.order_id, asked.open, asked.granted, asked.refunds, asked.amount, payment_view.refunded,
    payment_view.amount as captured
from asked
left join payment_view on payment_view.order_id = asked.order_id
left join happened on happened.stream = 'payment-' || asked.order_id
where payment_view.order_id is null
    or payment_view.state <> 'captured'
    or asked.open > 1
    or asked.missing <> 0
    or asked.above > 0
    or asked.granted <> asked.refunds
    or asked.granted > coalesce(happened.begun, 0)
    or asked.returned > coalesce(happened.returned, 0)
    or asked.failed > coalesce(happened.failed, 0)
    or asked.amount > payment_view.refunded
    or payment_view.refunded > payment_view.amount
