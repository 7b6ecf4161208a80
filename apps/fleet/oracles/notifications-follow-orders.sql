-- promise: Of each state of an order that was told it is decided once whether its customer is told, and a mail is asked for exactly if they are.
-- quiet: yes
-- examined
select (select count(*) from event_cursor where service = 'notification') + (select count(*) from notification);
-- broken
select 'not decided' as what, event_log.id as which, count(notification.notification_id) as times
from event_log
left join notification on notification.notification_id = event_log.id
where event_log.service = 'orders'
    and event_log.type in ('tradewind.orders.order-placed.v1', 'tradewind.orders.order-opened.v1',
        'tradewind.orders.order-completed.v1', 'tradewind.orders.order-rejected.v1',
        'tradewind.orders.order-cancelled.v1')
    and event_log.partition_key in (select partition_key from event_log
        where type = 'tradewind.orders.order-placed.v1')
    and event_log.partition_key not in (select partition_key from dead_letters where service = 'notification')
group by event_log.id
having count(notification.notification_id) <> 1
union all
select 'decided twice', customer_id || ' ' || occasion || ' ' || order_id, count(*)
from notification
group by customer_id, occasion, order_id, part
having count(*) > 1
union all
select 'asked for', notification.notification_id, count(event_log.id)
from notification
left join event_log on event_log.service = 'notification'
    and event_log.partition_key = 'notification-' || notification.notification_id
where 'notification-' || notification.notification_id not in
    (select partition_key from event_key where service = 'notification' and pruned > 0)
group by notification.notification_id
having count(event_log.id) <> (notification.state = 'requested')
union all
select 'waits for its order', early_news.event_id, 1
from early_news
join order_view on order_view.order_id = early_news.order_id
where 'order-' || early_news.order_id not in (select partition_key from dead_letters where service = 'notification')
    and 'order-' || early_news.order_id in (select partition_key from event_log
        where type = 'tradewind.orders.order-placed.v1')
