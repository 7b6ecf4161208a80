create table card (
    token_id {uuid} primary key,
    last4 text not null,
    brand text not null,
    behaviour text not null check (behaviour in ('accepts', 'insufficient-funds', 'expired', 'stolen')),
    registered_at bigint not null
);
create index card_registered on card (registered_at);
create table charge (
    reference {uuid} primary key,
    card_id {uuid} references card (token_id),
    currency text not null,
    amount bigint not null check (amount >= 0),
    captured bigint not null,
    refunded bigint not null,
    state text not null check (state in ('authorised', 'captured', 'cancelled', 'declined')),
    reason text,
    changes bigint not null,
    updated_at bigint not null,
    check (captured = 0 or captured = amount),
    check (refunded >= 0 and refunded <= captured),
    check (state <> 'captured' or captured > 0),
    check (state not in ('authorised', 'declined') or captured = 0),
    check (state <> 'cancelled' or refunded = captured),
    check ((state = 'declined') = (reason is not null)),
    check (state = 'cancelled' or card_id is not null)
);
create index charge_card on charge (card_id);
create table refund (
    reference {uuid} not null references charge (reference),
    refund_id {uuid} not null,
    amount bigint not null check (amount > 0),
    primary key (reference, refund_id)
);
create table movement (
    reference {uuid} not null references charge (reference),
    number bigint not null,
    kind text not null check (kind in ('authorised', 'voided', 'captured', 'refunded')),
    amount bigint not null check (amount > 0),
    moved_at bigint not null,
    primary key (reference, number)
);
create table callback (
    callback_id {uuid} primary key,
    reference {uuid} not null references charge (reference),
    number bigint not null,
    state text not null,
    currency text not null,
    captured bigint not null,
    refunded bigint not null,
    changed_at bigint not null,
    correlation_id {uuid},
    sends_left bigint not null check (sends_left >= 0),
    due_at bigint not null,
    attempts bigint not null,
    last_status bigint,
    answered_at bigint,
    unique (reference, number)
);
create index callback_due on callback (due_at) where sends_left > 0;
create index callback_changed on callback (changed_at);
