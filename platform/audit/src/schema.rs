//! The tables of a chain.

use tradewind_db::{Evidence, Migration, MigrationSet, sql};

/// The tables of a chain. The database itself refuses to change or remove what is recorded.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    component: "audit",
    migrations: &[Migration {
        version: 1,
        name: "create_audit",
        text: include_str!("../migrations/0001_create_audit.sql"),
    }],
};

sql! {
    SHOWN = "select sequence, at, role, actor, action, target_kind, target_id, after, outcome, previous, hash
        from audit_record order by sequence";
    SHOWN_HEAD = "select records, hash from audit_head";
}

/// What is shown of a chain, to be checked from outside.
pub static EVIDENCE: &[Evidence] =
    &[Evidence { table: "audit_record", rows: &SHOWN }, Evidence { table: "audit_head", rows: &SHOWN_HEAD }];
