-- promise: What orders, cart and the catalogue know of prices, stock and customers is what their owners say.
-- quiet: yes
-- examined
select count(*) from product_view;
-- broken
select 'price' as what, product.product_id as which, product.price_minor as owner, product_view.price_minor as view
from product
left join product_view on product_view.product_id = product.product_id
where product_view.price_minor is not product.price_minor or product_view.currency is not product.currency
    or product_view.name is not product.name
union all
select 'prices of cart', product.product_id, product.price_minor,
    cast(replace(json_extract(cart_product.prices, '$[0].amount'), '.', '') as integer)
from product
left join cart_product on cart_product.product_id = product.product_id
where cart_product.name is not product.name
    or cast(replace(json_extract(cart_product.prices, '$[0].amount'), '.', '') as integer) is not product.price_minor
    or json_extract(cart_product.prices, '$[0].currency') is not product.currency
    or json_remove(cart_product.prices, '$[0]') is not json(product.prices)
union all
select 'stock keeping unit', item.product_id, item.sku, product_view.sku
from item
left join product_view on product_view.product_id = item.product_id
where product_view.sku is not item.sku
union all
select 'level', item.product_id, item.on_hand - item.reserved, stock_level.amount
from item
join stock_level on stock_level.product_id = item.product_id
where stock_level.amount is not
    case when item.on_hand - item.reserved > 10 then null else item.on_hand - item.reserved end
union all
select 'customer', account.customer_id, account.customer_id, customer_view.customer_id
from account
left join customer_view on customer_view.customer_id = account.customer_id
where customer_view.customer_id is null
