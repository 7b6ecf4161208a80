create table payment_view (
    order_id {uuid} primary key,
    customer_id {uuid} not null,
    state text not null
        check (state in ('requested', 'authorised', 'declined', 'released', 'captured')),
    amount bigint not null,
    currency text not null,
    refunded bigint not null check (refunded >= 0 and refunded <= amount),
    reason text,
    updated_at bigint not null
);
create table ledger_entry (
    transaction_id {uuid} not null,
    account text not null,
    order_id {uuid} not null,
    amount bigint not null,
    currency text not null,
    booked_at bigint not null,
    primary key (transaction_id, account)
);
create index ledger_entry_order on ledger_entry (order_id);
create table provider_callback (
    callback_id {uuid} primary key,
    order_id {uuid} not null,
    state text not null,
    received_at bigint not null
);
create table discrepancy (
    order_id {uuid} primary key,
    ours text not null,
    theirs text not null,
    found_at bigint not null
);
