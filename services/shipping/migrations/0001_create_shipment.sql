create table shipment (
    order_id {uuid} primary key,
    customer_id {uuid},
    tracking_number text unique,
    state text not null check (state in ('booked', 'handed-over', 'delivered', 'cancelled')),
    due_at bigint,
    correlation_id {uuid},
    changed_at bigint not null,
    check (state = 'cancelled' or (customer_id is not null and tracking_number is not null)),
    check (state in ('booked', 'handed-over') or due_at is null)
);
create index shipment_due on shipment (due_at, order_id) where due_at is not null;
create table shipment_line (
    order_id {uuid} not null references shipment (order_id),
    number bigint not null,
    product_id text not null,
    quantity bigint not null check (quantity > 0),
    primary key (order_id, number)
);
create table shipment_step (
    order_id {uuid} not null references shipment (order_id),
    number bigint not null,
    state text not null check (state in ('booked', 'handed-over', 'delivered', 'cancelled')),
    reached_at bigint not null,
    primary key (order_id, number),
    unique (order_id, state)
);
