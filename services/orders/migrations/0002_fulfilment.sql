create table order_view_2 (
    order_id {uuid} primary key,
    customer_id {uuid} not null,
    state text not null check (state in ('NEW', 'OPEN', 'REJECTED', 'CANCELLED', 'COMPLETED')),
    reason text,
    lines {json} not null,
    total_minor bigint not null,
    currency text not null,
    payment text not null,
    cancelling bigint not null,
    placed_at bigint not null,
    updated_at bigint not null
);
insert into order_view_2 (order_id, customer_id, state, reason, lines, total_minor, currency, payment,
        cancelling, placed_at, updated_at)
    select order_id, customer_id, state, reason, lines, total_minor, currency, 'account', 0, placed_at, updated_at
    from order_view;
drop table order_view;
alter table order_view_2 rename to order_view;
create index order_view_customer on order_view (customer_id, order_id);
create index order_view_open on order_view (order_id) where state = 'OPEN';
