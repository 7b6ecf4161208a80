-- promise: The ledger has of each order exactly what was captured and invoiced, less what was given back.
-- quiet: yes
-- examined
select (select count(*) from ledger_entry) + (select count(*) from order_view);
-- broken
select order_id, sum(wanted) as wanted, sum(booked) as booked
from (
    select order_id, amount - refunded as wanted, 0 as booked from payment_view where state = 'captured'
    union all
    select order_id, amount, 0 from credit_reservation where state = 'invoiced'
    union all
    select order_id, 0, -amount from ledger_entry where account = 'sales'
)
where 'payment-' || order_id not in (select stream from stream_event where stream like 'payment-%'
    group by stream having sum(type = 'refund-asked') > sum(type in ('refunded', 'refund-failed'))
        or sum(type = 'release-asked') > sum(type in ('released', 'declined', 'captured')))
group by order_id
having sum(wanted) <> sum(booked)
