create table refund_request (
    order_id {uuid} not null references payment_view (order_id),
    number bigint not null check (number between 1 and 10),
    customer_id {uuid} not null,
    state text not null check (state in ('asked', 'granted', 'returned', 'failed', 'refused')),
    currency text not null,
    amount bigint not null check (amount > 0),
    reason text not null,
    note text,
    granted bigint check (granted > 0 and granted <= amount),
    refund_id {uuid} unique,
    refusal text,
    refusal_note text,
    asked_at bigint not null,
    changed_at bigint not null,
    primary key (order_id, number),
    check ((state in ('granted', 'returned', 'failed')) = (refund_id is not null)),
    check ((granted is null) = (refund_id is null)),
    check ((state = 'refused') = (refusal is not null))
);
create unique index refund_request_open on refund_request (order_id) where state = 'asked';
create index refund_request_customer on refund_request (customer_id);
create table erased_customer (
    customer_id {uuid} primary key
);
