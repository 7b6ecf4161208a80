-- promise: The total of an order is the sum of its lines at the prices agreed.
-- quiet: no
-- examined
select count(*) from order_view;
-- broken
select order_id, total_minor, lines
from order_view
where total_minor <> (select sum(json_extract(line.value, '$.quantity')
        * cast(replace(json_extract(line.value, '$.unitPrice.amount'), '.', '') as integer))
    from json_each(order_view.lines) as line)
    or currency <> (select min(json_extract(line.value, '$.unitPrice.currency')) from json_each(order_view.lines) as line)
