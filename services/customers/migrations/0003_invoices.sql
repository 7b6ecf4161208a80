alter table account add column owed bigint not null default 0 check (owed >= 0);
create table credit_reservation_3 (
    order_id {uuid} primary key,
    customer_id {uuid} not null references account (customer_id),
    amount bigint not null check (amount >= 0),
    state text not null
        check (state in ('held', 'confirmed', 'invoiced', 'credited', 'released', 'expired')),
    expires_at bigint,
    correlation_id {uuid},
    changed_at bigint not null,
    check (state <> 'held' or expires_at is not null)
);
insert into credit_reservation_3
        (order_id, customer_id, amount, state, expires_at, correlation_id, changed_at)
    select order_id, customer_id, amount, state, expires_at, correlation_id, changed_at from credit_reservation;
drop table credit_reservation;
alter table credit_reservation_3 rename to credit_reservation;
create index credit_reservation_due on credit_reservation (expires_at, order_id, correlation_id)
    where state = 'held';
