create table reservation_3 (
    order_id {uuid} not null,
    product_id text not null references item (product_id),
    quantity bigint not null check (quantity > 0),
    state text not null check (state in ('held', 'confirmed', 'picked', 'returned', 'released', 'expired')),
    expires_at bigint,
    correlation_id {uuid},
    changed_at bigint not null,
    primary key (order_id, product_id),
    check (state <> 'held' or expires_at is not null)
);
insert into reservation_3 (order_id, product_id, quantity, state, expires_at, correlation_id, changed_at)
    select order_id, product_id, quantity, state, expires_at, correlation_id, changed_at from reservation;
drop table reservation;
alter table reservation_3 rename to reservation;
create index reservation_due on reservation (expires_at, order_id, correlation_id) where state = 'held';
