-- promise: The provider has taken of each order what the shop has captured, and nothing else, and keeps nothing that is not asked for.
-- quiet: yes
-- examined
select (select count(*) from charge) + (select count(*) from order_view);
-- broken
select reference, sum(ours) as ours, sum(theirs) as theirs, sum(kept) as kept
from (
    select order_id as reference, iif(state = 'captured', amount - refunded, 0) as ours, 0 as theirs,
        iif(state in ('authorised', 'requested'), -1, 0) as kept
    from payment_view
    union all
    select reference, 0, captured - refunded, iif(state = 'authorised', 1, 0)
    from charge
    where reference in (select order_id from order_view)
)
where 'payment-' || reference not in (select stream from stream_event where stream like 'payment-%'
    group by stream having sum(type = 'refund-asked') > sum(type in ('refunded', 'refund-failed'))
        or sum(type = 'release-asked') > sum(type in ('released', 'declined', 'captured')))
group by reference
having sum(ours) <> sum(theirs) or sum(kept) > 0
