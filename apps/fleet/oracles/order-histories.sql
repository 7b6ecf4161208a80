-- promise: An order is placed once, opens only with stock and its payment confirmed, ends once, and nothing follows its end.
-- quiet: no
-- examined
select count(*) from stream_event where stream like 'order-%';
-- broken
select stream, group_concat(type, ' ') as history
from (select * from stream_event where stream like 'order-%' order by stream, version)
group by stream
having count(*) <> max(version) or min(version) <> 1
    or sum(type = 'placed') <> 1 or sum(type = 'placed' and version = 1) <> 1
    or sum(type = 'stock-confirmed') > 1 or sum(type in ('credit-confirmed', 'card-confirmed')) > 1
    or sum(type = 'opened') + sum(type = 'rejected') > 1
    or sum(type in ('cancelled', 'lost', 'completed')) > sum(type = 'opened')
    or sum(type = 'cancellation-requested') > sum(type = 'opened')
    or (sum(type = 'opened') = 1 and (sum(type = 'stock-confirmed') = 0
        or sum(type in ('credit-confirmed', 'card-confirmed')) = 0))
    or max(iif(type in ('rejected', 'cancelled', 'lost', 'completed'), version, 0)) not in (0, max(version))
