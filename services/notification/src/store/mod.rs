//! Preferences and notifications in the database.

pub(crate) mod notifications;
pub(crate) mod orders;
pub(crate) mod preferences;

use tradewind_db::{Evidence, Migration, MigrationSet};

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "notification",
    migrations: &[Migration {
        version: 1,
        name: "create_notification",
        text: include_str!("../../migrations/0001_create_notification.sql"),
    }],
};

/// What is shown to be checked: who was to be told of what, by their ids.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "notification", rows: &notifications::SHOWN },
    Evidence { table: "early_news", rows: &orders::SHOWN_EARLY },
    Evidence { table: "preference", rows: &preferences::SHOWN },
];
