-- promise: What is reserved of a customer's credit is the sum of the reservations that are held.
-- quiet: no
-- examined
select count(*) from credit_reservation;
-- broken
select account.customer_id, account.reserved, coalesce(sum(credit_reservation.amount), 0) as held
from account
left join credit_reservation on credit_reservation.customer_id = account.customer_id
    and credit_reservation.state in ('held', 'confirmed')
group by account.customer_id
having account.reserved <> coalesce(sum(credit_reservation.amount), 0)
