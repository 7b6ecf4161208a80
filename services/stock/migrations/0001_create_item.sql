create table item (
    product_id text primary key,
    sku text not null,
    received bigint not null,
    on_hand bigint not null,
    reserved bigint not null,
    sold bigint not null,
    check (reserved >= 0),
    check (reserved <= on_hand),
    check (sold >= 0),
    check (on_hand + sold = received)
);
create table receipt (
    receipt_id {uuid} primary key,
    product_id text not null references item (product_id),
    quantity bigint not null check (quantity > 0),
    reference text,
    received_at bigint not null,
    unique (product_id, reference)
);
create table reservation (
    order_id {uuid} not null,
    product_id text not null references item (product_id),
    quantity bigint not null check (quantity > 0),
    state text not null check (state in ('held', 'released')),
    changed_at bigint not null,
    primary key (order_id, product_id)
);
