-- promise: What is reserved of a product is the sum of the reservations that are held.
-- quiet: no
-- examined
select count(*) from reservation;
-- broken
select item.product_id, item.reserved, coalesce(sum(reservation.quantity), 0) as held
from item
left join reservation on reservation.product_id = item.product_id and reservation.state in ('held', 'confirmed')
group by item.product_id
having item.reserved <> coalesce(sum(reservation.quantity), 0)
