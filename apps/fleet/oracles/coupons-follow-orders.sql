-- promise: A coupon is consumed by the orders that were completed, given back by those that came to nothing, held by the others.
-- quiet: yes
-- examined
select (select count(*) from coupon_redemption) + (select count(*) from order_view);
-- broken
select coupon_redemption.order_id, coupon_redemption.code, coupon_redemption.state, order_view.state as order_state
from coupon_redemption
left join order_view on order_view.order_id = coupon_redemption.order_id
where 'order-' || coupon_redemption.order_id not in (select partition_key from dead_letters)
    and coupon_redemption.state is not case order_view.state when 'COMPLETED' then 'consumed'
        when 'NEW' then 'held' when 'OPEN' then 'held' when 'REJECTED' then 'returned'
        when 'CANCELLED' then 'returned' end
union all
select completed_cart.order_id, taken_quote.coupon, 'not redeemed', null
from completed_cart
join taken_quote on taken_quote.quote_id = completed_cart.quote_id
where taken_quote.coupon is not null
    and completed_cart.order_id not in (select order_id from coupon_redemption where code = taken_quote.coupon)
