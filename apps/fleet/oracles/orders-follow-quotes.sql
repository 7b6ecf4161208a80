-- promise: Every cart that was completed is one order, of its customer and as it was quoted; no order has another quote.
-- quiet: yes
-- examined
select (select count(*) from completed_cart) + (select count(*) from order_view);
-- broken
select completed_cart.order_id, completed_cart.quote_id, taken_quote.total_minor as quoted, order_view.total_minor as total,
    order_view.quote_id as quote_of_order
from completed_cart
left join taken_quote on taken_quote.quote_id = completed_cart.quote_id
left join order_view on order_view.order_id = completed_cart.order_id
where 'order-' || completed_cart.order_id not in (select partition_key from dead_letters)
    and (order_view.quote_id is not completed_cart.quote_id
        or order_view.customer_id is not completed_cart.owner_id
        or order_view.total_minor is not taken_quote.total_minor
        or order_view.discount_minor is not taken_quote.discount_minor
        or order_view.tax_minor is not taken_quote.tax_minor
        or order_view.currency is not taken_quote.currency
        or (select count(*) from json_each(taken_quote.lines)) <> (select count(*) from json_each(order_view.lines))
        or exists (select 1 from json_each(taken_quote.lines) as wanted
            where not exists (select 1 from json_each(order_view.lines) as line
                where json_extract(line.value, '$.productId') = json_extract(wanted.value, '$.productId')
                    and json_extract(line.value, '$.quantity') = json_extract(wanted.value, '$.quantity')
                    and json_extract(line.value, '$.unitPrice.amount')
                        = json_extract(wanted.value, '$.unitPrice.amount'))))
union all
select order_id, quote_id, null, total_minor, quote_id
from order_view
where quote_id is not null and order_id not in (select order_id from completed_cart)
