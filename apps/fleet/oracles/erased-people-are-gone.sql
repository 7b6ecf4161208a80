-- promise: Of a person who was erased there is neither a name nor a key nor a session, and everybody else has a key.
-- quiet: yes
-- examined
select (select count(*) from person) + (select count(*) from account);
-- broken
select 'account' as what, account_id from person where personal <> (state = 'active')
union all
select 'key', account_id from person where keys <> (state = 'active')
union all
select 'session', person.account_id
from person join session on session.account_id = person.account_id
where person.state = 'erased' and session.ended = 0
union all
select 'customer', person.account_id
from person join account on account.customer_id = person.account_id
where person.state = 'erased' and account.named <> 0
union all
select 'note', person.account_id
from person join refund_request on refund_request.customer_id = person.account_id
where person.state = 'erased' and refund_request.noted <> 0
