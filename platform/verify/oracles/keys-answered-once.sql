-- promise: An idempotency key has one answer.
-- quiet: no
-- examined
select count(*) from idempotency;
-- broken
select service, scope, key, count(*) as answers
from idempotency
group by service, scope, key
having count(*) > 1
