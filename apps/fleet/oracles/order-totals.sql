-- promise: The total of an order is the sum of its lines at the prices agreed, less the discount, with the tax.
-- quiet: no
-- examined
select count(*) from order_view;
-- broken
select order_id, total_minor, discount_minor, tax_minor, lines
from order_view
where total_minor + discount_minor - tax_minor <> (select sum(json_extract(line.value, '$.quantity')
        * cast(replace(json_extract(line.value, '$.unitPrice.amount'), '.', '') as integer))
    from json_each(order_view.lines) as line)
    or currency <> (select min(json_extract(line.value, '$.unitPrice.currency')) from json_each(order_view.lines) as line)
    or discount_minor < 0 or tax_minor < 0 or total_minor < 0
    or (quote_id is null and (discount_minor <> 0 or tax_minor <> 0))
