create table preference (
    customer_id {uuid} primary key,
    content {json} not null,
    changed_at bigint not null
);
create table known_order (
    order_id {uuid} primary key,
    customer_id {uuid},
    content {json},
    heard_at bigint not null,
    check ((customer_id is null) = (content is null))
);
create table early_news (
    event_id {uuid} primary key,
    order_id {uuid} not null references known_order (order_id),
    content {json} not null,
    heard_at bigint not null
);
create index early_news_of_order on early_news (order_id);
create index early_news_heard on early_news (heard_at);
create table notification (
    notification_id {uuid} primary key,
    customer_id {uuid} not null,
    occasion text not null,
    order_id {uuid} not null,
    part text not null,
    state text not null check (state in ('requested', 'unwanted', 'late')),
    language text not null,
    decided_at bigint not null,
    unique (customer_id, occasion, order_id, part)
);
create index notification_of_customer on notification (customer_id, notification_id);
