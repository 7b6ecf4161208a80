create table endpoint (
    endpoint_id {uuid} primary key,
    url text not null,
    about text not null,
    state text not null check (state in ('enabled', 'disabled')),
    reason text,
    registered_at bigint not null,
    failing_since bigint
);
create table endpoint_type (
    endpoint_id {uuid} not null references endpoint (endpoint_id),
    type text not null,
    primary key (endpoint_id, type)
);
create table endpoint_start (
    endpoint_id {uuid} not null references endpoint (endpoint_id),
    producer text not null,
    position bigint not null,
    primary key (endpoint_id, producer)
);
create table endpoint_secret (
    endpoint_id {uuid} not null references endpoint (endpoint_id),
    secret_id {uuid} not null,
    sealed {bytes} not null,
    made_at bigint not null,
    ends_at bigint,
    primary key (endpoint_id, secret_id)
);
create table event_count (
    place bigint primary key check (place = 1),
    number bigint not null
);
insert into event_count (place, number) values (1, 0);
create table event (
    number bigint primary key,
    event_id {uuid} not null unique,
    producer text,
    position bigint,
    type text not null,
    lane text not null,
    correlation_id {uuid} not null,
    recorded_at bigint not null,
    content {json} not null
);
create index event_recorded on event (recorded_at, number);
create table delivery (
    endpoint_id {uuid} not null references endpoint (endpoint_id),
    number bigint not null references event (number),
    lane text not null,
    state text not null check (state in ('waiting', 'delivered', 'failed')),
    replays bigint not null,
    attempts bigint not null,
    status bigint,
    answer text,
    ended_at bigint,
    primary key (endpoint_id, number),
    check ((state = 'waiting') = (ended_at is null))
);
create index delivery_waiting on delivery (endpoint_id, lane, number) where state = 'waiting';
create index delivery_event on delivery (number);
create table lane (
    endpoint_id {uuid} not null references endpoint (endpoint_id),
    lane text not null,
    due_at bigint not null,
    primary key (endpoint_id, lane)
);
create index lane_due on lane (endpoint_id, due_at);
