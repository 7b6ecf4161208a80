//! The tables of the component `sagas`.

use tradewind_db::{Evidence, Migration, MigrationSet, sql};

/// The tables of instances and of what happened to them. They need those of [`tradewind_db::lease`].
pub const MIGRATIONS: MigrationSet = MigrationSet { component: "sagas", migrations: &[INSTANCES] };

/// `token` is that of the turn under which the row was written last: an attempt under another one may have been
/// carried out unheard. `revision` counts the writes. The numbers of `is_stuck` and `is_cancelled` are 0 and 1.
const INSTANCES: Migration = Migration {
    version: 1,
    name: "create_saga_instance",
    text: "create table saga_instance (
               saga text not null,
               id {uuid} not null,
               version bigint not null,
               shape text not null,
               state text not null,
               step bigint not null,
               step_name text not null,
               attempts bigint not null,
               is_stuck bigint not null,
               is_cancelled bigint not null,
               due bigint,
               deadline bigint,
               reason {json},
               last_error text,
               data {json} not null,
               signals {json} not null,
               correlation {uuid} not null,
               traceparent text not null,
               token bigint not null,
               revision bigint not null,
               started_at bigint not null,
               moved_at bigint not null,
               ended_at bigint,
               primary key (saga, id)
           );
           create index saga_instance_due on saga_instance (saga, version, shape, due) where ended_at is null;
           create index saga_instance_ended on saga_instance (saga, ended_at) where ended_at is not null;
           create table saga_history (
               entry {serial},
               saga text not null,
               id {uuid} not null,
               happened_at bigint not null,
               what text not null,
               step text,
               detail text
           );
           create index saga_history_instance on saga_history (saga, id, entry);",
};

sql! {
    SHOWN = "select saga, id, version, state, step_name, attempts, is_stuck, due, correlation, started_at, moved_at,
        ended_at from saga_instance order by saga, id";
    HAPPENED = "select entry, saga, id, happened_at, what, step from saga_history order by entry";
}

/// What is shown to be checked: where each instance is, and what happened to it. Not its data.
pub static EVIDENCE: &[Evidence] =
    &[Evidence { table: "saga_instance", rows: &SHOWN }, Evidence { table: "saga_history", rows: &HAPPENED }];
