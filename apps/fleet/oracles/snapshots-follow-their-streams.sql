-- promise: A snapshot of an order holds what the events up to its version lead to, and is not ahead of them.
-- quiet: no
-- examined
select count(distinct stream) from stream_event where stream like 'order-%';
-- broken
select taken.stream, taken.version, taken.status, taken.stock_confirmed, taken.payment_confirmed,
    taken.is_cancelling, count(*) as events
from order_snapshot as taken
left join stream_event as happened
    on happened.service = taken.service and happened.stream = taken.stream and happened.version <= taken.version
group by taken.stream
having count(happened.version) <> taken.version
    or taken.stock_confirmed <> sum(happened.type = 'stock-confirmed')
    or taken.payment_confirmed <> sum(happened.type in ('credit-confirmed', 'card-confirmed'))
    or taken.is_cancelling <> sum(happened.type = 'cancellation-requested')
    or taken.status <> case
        when sum(happened.type in ('cancelled', 'lost')) > 0 then 'cancelled'
        when sum(happened.type = 'completed') > 0 then 'completed'
        when sum(happened.type = 'rejected') > 0 then 'rejected'
        when sum(happened.type = 'opened') > 0 then 'open'
        else 'new' end
