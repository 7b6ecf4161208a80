-- promise: A coupon is redeemed by the orders that hold or have consumed it and by no other, and never beyond its limit.
-- quiet: no
-- examined
select (select count(*) from coupon) + (select count(*) from order_view);
-- broken
select coupon.code, coupon.redemption_limit, coupon.redeemed, count(coupon_redemption.order_id) as orders
from coupon
left join coupon_redemption on coupon_redemption.code = coupon.code
    and coupon_redemption.state in ('held', 'consumed')
group by coupon.code
having coupon.redeemed <> count(coupon_redemption.order_id) or coupon.redeemed > coupon.redemption_limit
