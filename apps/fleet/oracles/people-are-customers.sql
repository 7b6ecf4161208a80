-- promise: Whoever has an account in the shop has one with customers too.
-- quiet: yes
-- examined
select (select count(*) from person) + (select count(*) from account);
-- broken
select person.account_id
from person
left join account on account.customer_id = person.account_id
where account.customer_id is null
