-- promise: What was received is on hand or sold, no more is reserved than on hand, and receipts tell where it came from (no oversell).
-- quiet: no
-- examined
select count(*) from item;
-- broken
select 'counts' as what, product_id, received, on_hand, reserved, sold
from item
where on_hand < 0 or reserved < 0 or sold < 0 or reserved > on_hand or on_hand + sold <> received
union all
select 'receipts', item.product_id, item.received, coalesce(sum(receipt.quantity), 0), 0, 0
from item
left join receipt on receipt.product_id = item.product_id
group by item.product_id
having item.received <> coalesce(sum(receipt.quantity), 0)
