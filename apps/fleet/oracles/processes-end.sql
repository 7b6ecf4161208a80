-- promise: Every process of several steps that has ended is done or undone, and in a quiet fleet none is stuck.
-- quiet: yes
-- examined
select (select count(*) from saga_instance) + (select count(*) from order_view);
-- broken
select service, saga, id, state, step_name, attempts
from saga_instance
where is_stuck <> 0 or (ended_at is not null and state not in ('done', 'undone'))
