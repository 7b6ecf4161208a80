//! Everything that accounts keeps, in the database.

pub(crate) mod accounts;
pub(crate) mod attempts;
pub(crate) mod clients;
pub(crate) mod keys;
pub(crate) mod sessions;

use tradewind_db::{Evidence, Migration, MigrationSet, sql};

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "accounts",
    migrations: &[Migration {
        version: 1,
        name: "create_account",
        text: include_str!("../../migrations/0001_create_account.sql"),
    }],
};

/// What is shown to be checked: nobody's name, and nothing secret.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "person", rows: &SHOWN_PEOPLE },
    Evidence { table: "session", rows: &SHOWN_SESSIONS },
];

sql! {
    SHOWN_PEOPLE = "select account_id, state,
            case when email is null and name is null and password is null then 0 else 1 end as personal,
            (select count(*) from person_key where person_key.account_id = account.account_id) as keys
        from account order by account_id";
    SHOWN_SESSIONS = "select session_id, account_id, case when ended_at is null then 0 else 1 end as ended,
            (select count(*) from refresh_token where refresh_token.session_id = session.session_id
                and used_at is null) as unused
        from session order by session_id";
}
