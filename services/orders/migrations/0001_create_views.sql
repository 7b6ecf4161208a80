create table order_view (
    order_id {uuid} primary key,
    customer_id {uuid} not null,
    state text not null check (state in ('NEW', 'OPEN', 'REJECTED', 'CANCELLED')),
    reason text,
    lines {json} not null,
    total_minor bigint not null,
    currency text not null,
    placed_at bigint not null,
    updated_at bigint not null
);
create index order_view_customer on order_view (customer_id, order_id);
create table product_view (
    product_id text primary key,
    name text,
    price_minor bigint,
    currency text,
    sku text
);
create table customer_view (
    customer_id {uuid} primary key
);
