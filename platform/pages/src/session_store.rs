//! Sessions in the database of whoever shows the pages. Neither the key of a browser nor a token stands there so that it
//! could be used.

use std::time::Duration;

use tradewind_db::{Db, DbError, Evidence, FromRow, Migration, MigrationSet, Row, Tx, Work, params, sql};
use tradewind_kernel::Timestamp;

/// The table of sessions.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    component: "pages",
    migrations: &[Migration {
        version: 1,
        name: "create_page_session",
        text: "create table page_session (
                   digest {bytes} primary key,
                   sealed {bytes} not null,
                   revision bigint not null,
                   renewing_until bigint not null,
                   expires_at bigint not null
               );
               create index page_session_expiring on page_session (expires_at);",
    }],
};

sql! {
    BEGIN = "insert into page_session (digest, sealed, revision, renewing_until, expires_at) values ($1, $2, 1, 0, $3)";
    FIND = "select sealed, revision from page_session where digest = $1 and expires_at > $2";
    CLAIM = "update page_session set renewing_until = $3 where digest = $1 and revision = $2 and renewing_until <= $4";
    RENEW = "update page_session set sealed = $3, revision = revision + 1, renewing_until = 0
        where digest = $1 and revision = $2";
    RELEASE = "update page_session set renewing_until = 0 where digest = $1 and revision = $2";
    END = "delete from page_session where digest = $1";
    FORGET = "delete from page_session where digest in
        (select digest from page_session where expires_at <= $1 order by expires_at limit $2)";
    SHOWN = "select expires_at, revision from page_session order by expires_at, revision";
}

/// What is shown to be checked: how many there are and how long they last, and not whose.
pub static EVIDENCE: &[Evidence] = &[Evidence { table: "page_session", rows: &SHOWN }];

/// Rows that are thrown away in one transaction.
const AT_ONCE: u16 = 500;

pub(crate) type Digest = [u8; 32];

pub(crate) struct Kept {
    pub(crate) sealed: Vec<u8>,
    pub(crate) revision: i64,
}

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self { sealed: row.get(0)?, revision: row.get(1)? })
    }
}

pub(crate) async fn find(db: &Db, digest: &Digest, now: Timestamp) -> Result<Option<Kept>, DbError> {
    db.query_optional(&FIND, params![digest.to_vec(), now]).await
}

/// A change of one session.
pub(crate) enum Change {
    /// It begins.
    Begin { sealed: Vec<u8>, lifetime: Duration },
    /// Its tokens are about to be renewed, by one only.
    Claim { revision: i64, within: Duration },
    /// They were.
    Renew { revision: i64, sealed: Vec<u8> },
    /// They were not.
    Release { revision: i64 },
    /// It ends.
    End,
}

pub(crate) struct Write {
    pub(crate) digest: Digest,
    pub(crate) change: Change,
}

impl Work for Write {
    /// Whether it was so before that it could be changed.
    type Output = bool;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let (now, digest) = (tx.now(), self.digest.to_vec());
        let changed = match &self.change {
            Change::Begin { sealed, lifetime } => {
                tx.execute(&BEGIN, params![digest, sealed, now.plus(*lifetime)]).await
            }
            Change::Claim { revision, within } => {
                tx.execute(&CLAIM, params![digest, revision, now.plus(*within), now]).await
            }
            Change::Renew { revision, sealed } => tx.execute(&RENEW, params![digest, revision, sealed]).await,
            Change::Release { revision } => tx.execute(&RELEASE, params![digest, revision]).await,
            Change::End => tx.execute(&END, params![digest]).await,
        };
        Ok(changed? > 0)
    }
}

pub(crate) struct Forget;

impl Work for Forget {
    /// Whether there may be more.
    type Output = bool;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let now = tx.now();
        Ok(tx.execute(&FORGET, params![now, AT_ONCE]).await? >= u64::from(AT_ONCE))
    }
}
