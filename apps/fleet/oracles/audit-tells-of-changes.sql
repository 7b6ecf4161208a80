-- promise: Every receipt of goods has one record of who took it in, and a credit limit is what its last record says.
-- quiet: no
-- examined
select (select count(*) from audit_record where action = 'stock.goods-received')
    + (select count(*) from audit_record where action in ('customers.credit-limit-set', 'customers.account-registered'));
-- broken
with told as (
    select json_extract(after, '$.receipt') as receipt_id, json_extract(after, '$.quantity') as quantity,
        target_id as product_id
    from audit_record
    where action = 'stock.goods-received'
),
-- What came in before anything was recorded is not told of.
since as (select min(receipt_id) as receipt_id from told),
limits as (
    select target_id as customer_id, max(sequence),
        cast(replace(json_extract(after, '$.limit.amount'), '.', '') as integer) as credit_limit
    from audit_record
    where action in ('customers.credit-limit-set', 'customers.account-registered') and outcome = 'done'
    group by target_id
)
select 'receipt without a record' as what, receipt.receipt_id as id, receipt.quantity as there, told.quantity as told
from receipt
join since on receipt.receipt_id >= since.receipt_id
left join told on told.receipt_id = receipt.receipt_id
where told.receipt_id is null or told.quantity <> receipt.quantity or told.product_id <> receipt.product_id
union all
select 'record without a receipt', told.receipt_id, null, told.quantity
from told
left join receipt on receipt.receipt_id = told.receipt_id
where receipt.receipt_id is null
union all
select 'credit limit', account.customer_id, account.credit_limit, limits.credit_limit
from account
join limits on limits.customer_id = account.customer_id
where account.credit_limit <> limits.credit_limit
