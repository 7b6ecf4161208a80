create table holder (
    holder text primary key
);
create table ticket (
    ticket_id {uuid} primary key,
    holder text not null,
    state text not null check (state in ('wanted', 'paid', 'refused')),
    correlation_id {uuid}
);
create index ticket_holder on ticket (holder);
create index ticket_wanted on ticket (ticket_id) where state = 'wanted';
