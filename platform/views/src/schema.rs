//! The table of the views.

use tradewind_db::{Evidence, Migration, MigrationSet, sql};

/// The table of the views.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    component: "views",
    migrations: &[Migration {
        version: 1,
        name: "create_view_state",
        text: "create table view_state (
                view text primary key,
                version bigint not null,
                phase text not null,
                building bigint,
                reached text not null default '',
                applied bigint not null default 0,
                total bigint not null default 0,
                accepts bigint not null default 0,
                only_live bigint,
                only_rebuilt bigint,
                sample text,
                rounds bigint not null default 0,
                begun_at bigint,
                filled_at bigint,
                swapped_at bigint
            );",
    }],
};

sql! {
    SHOWN = "select view, version, phase, rounds from view_state order by view";
}

/// What is shown of the views, to be checked from outside.
pub static EVIDENCE: &[Evidence] = &[Evidence { table: "view_state", rows: &SHOWN }];
