-- promise: Deliveries of a key to an endpoint end one after the other, and one that waits has a place in line.
-- quiet: no
-- examined
select count(*) from event_cursor where service = 'webhooks';
-- broken
select earlier.endpoint_id, earlier.lane, earlier.number as waiting, later.number as ended
from delivery as earlier
join delivery as later on later.endpoint_id = earlier.endpoint_id and later.lane = earlier.lane
    and later.number > earlier.number
where earlier.state = 'waiting' and earlier.replays = 0 and later.state <> 'waiting' and later.replays = 0
union all
select delivery.endpoint_id, delivery.lane, delivery.number, null
from delivery
where delivery.state = 'waiting' and not exists (select 1 from lane
    where lane.endpoint_id = delivery.endpoint_id and lane.lane = delivery.lane);
