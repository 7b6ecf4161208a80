-- promise: What is reserved of a customer's credit is the sum of the reservations that are held, what is owed that of the invoices.
-- quiet: no
-- examined
select count(*) from credit_reservation;
-- broken
select account.customer_id, account.reserved, account.owed,
    coalesce(sum(iif(credit_reservation.state <> 'invoiced', amount, 0)), 0) as held,
    coalesce(sum(iif(credit_reservation.state = 'invoiced', amount, 0)), 0) as invoiced
from account
left join credit_reservation on credit_reservation.customer_id = account.customer_id
    and credit_reservation.state in ('held', 'confirmed', 'invoiced')
group by account.customer_id
having account.reserved <> coalesce(sum(iif(credit_reservation.state <> 'invoiced', amount, 0)), 0)
    or account.owed <> coalesce(sum(iif(credit_reservation.state = 'invoiced', amount, 0)), 0)
