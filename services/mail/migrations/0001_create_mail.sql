create table mail (
    mail_id {uuid} primary key,
    recipient_id {uuid} not null,
    occasion text not null,
    language text not null,
    content {json},
    correlation_id {uuid} not null,
    state text not null check (state in ('waiting', 'sent', 'failed', 'no-recipient')),
    attempts bigint not null,
    tries bigint not null,
    unsure bigint not null,
    under_way bigint not null check (under_way in (0, 1)),
    due_at bigint,
    code bigint,
    answer text,
    requested_at bigint not null,
    ended_at bigint,
    check ((state = 'waiting') = (ended_at is null)),
    check ((state = 'waiting') = (due_at is not null))
);
create index mail_due on mail (due_at, mail_id) where state = 'waiting';
create index mail_ended on mail (ended_at) where state <> 'waiting';
create index mail_of_recipient on mail (recipient_id);
create table mailbox_count (
    place bigint primary key check (place = 1),
    number bigint not null
);
insert into mailbox_count (place, number) values (1, 0);
create table mailbox_mail (
    number bigint primary key,
    mail_id {uuid} not null,
    recipient_id {uuid} not null,
    name text not null,
    address text not null,
    subject text not null,
    language text not null,
    as_text text not null,
    as_html text not null,
    arrived_at bigint not null
);
create index mailbox_mail_of_recipient on mailbox_mail (recipient_id);
create index mailbox_mail_arrived on mailbox_mail (arrived_at, number);
