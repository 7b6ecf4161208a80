-- promise: Every movement of money adds up to nothing, in each currency (money is conserved).
-- quiet: no
-- examined
select (select count(*) from ledger_entry) + (select count(*) from order_view);
-- broken
select transaction_id, currency, sum(amount) as difference, count(*) as entries
from ledger_entry
group by transaction_id, currency
having sum(amount) <> 0 or count(*) <> 2
