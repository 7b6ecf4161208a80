create table wallet (
    holder text primary key,
    cents bigint not null check (cents >= 0)
);
create table charge (
    charge_id {uuid} primary key,
    holder text not null references wallet (holder),
    purpose text not null,
    cents bigint not null check (cents > 0)
);
create index charge_holder on charge (holder);
