//! The tables of the component `events`.

use tradewind_db::{Migration, MigrationSet};

/// The tables of the log, of the cursors, and of what could not be handled.
pub const MIGRATIONS: MigrationSet =
    MigrationSet { component: "events", migrations: &[LOG, LETTERS, RETENTION, RELAY, RELEASE] };

const LOG: Migration = Migration {
    version: 1,
    name: "create_event_log",
    text: "create table event_log (
                   position {serial},
                   id {uuid} not null,
                   type text not null,
                   partition_key text not null,
                   sequence bigint not null,
                   correlation {uuid} not null,
                   causation {uuid},
                   traceparent text not null,
                   recorded_at bigint not null,
                   data {json} not null,
                   unique (partition_key, sequence)
               );
               create table event_key (
                   partition_key text primary key,
                   sequence bigint not null
               );
               create table event_cursor (
                   subscription text primary key,
                   position bigint not null,
                   moved_at bigint not null
               );",
};

/// One row in `event_attempt` is enough: a subscription has at most one event at which it does not get on.
const LETTERS: Migration = Migration {
    version: 2,
    name: "create_dead_letters",
    text: "create table event_attempt (
               subscription text primary key,
               position bigint not null,
               attempts bigint not null,
               last_error text not null,
               first_failed_at bigint not null
           );
           create table parked_key (
               subscription text not null,
               partition_key text not null,
               letters bigint not null,
               parked_at bigint not null,
               primary key (subscription, partition_key)
           );
           create table dead_letters (
               subscription text not null,
               position bigint not null,
               event_id {uuid} not null,
               type text not null,
               partition_key text not null,
               sequence bigint not null,
               envelope {json} not null,
               original {json},
               attempts bigint not null,
               last_error text not null,
               first_failed_at bigint not null,
               parked_at bigint not null,
               primary key (subscription, position)
           );
           create index dead_letters_key on dead_letters (subscription, partition_key, position);
           create table letter_audit (
               entry {serial},
               subscription text not null,
               position bigint not null,
               event_id {uuid} not null,
               action text not null,
               reason text not null,
               actor text not null,
               envelope {json} not null,
               acted_at bigint not null
           );",
};

/// `pruned` is the number of the last event of its key that was removed: what is left begins with the next.
/// `event_horizon` has one row. `last_id` is the greatest id that was removed: ids grow with time, so that one
/// which is nowhere and is greater never was.
const RETENTION: Migration = Migration {
    version: 3,
    name: "create_event_subscriber",
    text: "alter table event_key add column pruned bigint not null default 0;
           create table event_subscriber (
               subscriber text primary key,
               position bigint not null,
               reported_at bigint not null
           );
           create table event_horizon (
               place bigint primary key check (place = 1),
               position bigint not null,
               recorded_at bigint not null,
               last_id {uuid}
           );
           insert into event_horizon (place, position, recorded_at) values (1, 0, 0);",
};

/// How far each relay has come. Not in backups: a relay that finds no row begins with what is announced from then on.
const RELAY: Migration = Migration {
    version: 4,
    name: "create_event_relay",
    text: "create table event_relay (
               relay text primary key,
               position bigint not null,
               moved_at bigint not null
           );",
};

/// Which release of its service told an event; none for those told before releases were named.
const RELEASE: Migration = Migration {
    version: 5,
    name: "name_release_of_event",
    text: "alter table event_log add column release text;",
};
