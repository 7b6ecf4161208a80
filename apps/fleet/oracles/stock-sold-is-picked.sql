-- promise: What is sold of a product is the sum of what was picked for orders and not put back.
-- quiet: no
-- examined
select count(*) from reservation;
-- broken
select item.product_id, item.sold, coalesce(sum(reservation.quantity), 0) as picked
from item
left join reservation on reservation.product_id = item.product_id and reservation.state = 'picked'
group by item.product_id
having item.sold <> coalesce(sum(reservation.quantity), 0)
