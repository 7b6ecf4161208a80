create table account (
    customer_id {uuid} primary key,
    name text not null,
    currency text not null,
    credit_limit bigint not null check (credit_limit >= 0),
    reserved bigint not null check (reserved >= 0),
    changed_at bigint not null
);
create table credit_reservation (
    order_id {uuid} primary key,
    customer_id {uuid} not null references account (customer_id),
    amount bigint not null check (amount >= 0),
    state text not null check (state in ('held', 'released')),
    changed_at bigint not null
);
