-- promise: Each notification that asks for a mail has exactly one, to whom it concerns; nothing else is sent but tests, and nothing arrives twice.
-- quiet: yes
-- examined
select (select count(*) from event_cursor where service = 'mail') + (select count(*) from mail);
-- broken
select 'mails' as what, notification.notification_id as which, count(mail.mail_id) as times
from notification
left join mail on mail.mail_id = notification.notification_id
where notification.state = 'requested'
    and 'notification-' || notification.notification_id in
        (select partition_key from event_log where service = 'notification')
    and 'notification-' || notification.notification_id not in
        (select partition_key from dead_letters where service = 'mail')
group by notification.notification_id
having count(mail.mail_id) <> 1
union all
select 'not asked for', mail.mail_id, 1
from mail
left join notification on notification.notification_id = mail.mail_id
    and notification.state = 'requested'
    and notification.customer_id = mail.recipient_id
    and notification.occasion = mail.occasion
    and notification.language = mail.language
where mail.occasion <> 'test' and notification.notification_id is null
union all
select 'arrived twice', mail_id, count(*)
from mailbox_mail
group by mail_id
having count(*) > 1
