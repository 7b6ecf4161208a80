//! Mails in the database.

pub(crate) mod log;
pub(crate) mod mailbox;
pub(crate) mod mails;

use tradewind_db::{Evidence, Migration, MigrationSet};

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "mail",
    migrations: &[Migration {
        version: 1,
        name: "create_mail",
        text: include_str!("../../migrations/0001_create_mail.sql"),
    }],
};

/// What is shown to be checked: neither addresses nor what mails say.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "mail", rows: &mails::SHOWN },
    Evidence { table: "mailbox_mail", rows: &mailbox::SHOWN },
];
