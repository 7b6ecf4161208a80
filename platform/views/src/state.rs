//! What is known of a view: how far a rebuild is, and what the last one found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::Timestamp;

use crate::Phase;

/// The signal for runners: a rebuild was asked for, or called off.
pub(crate) const TOPIC: &str = "view_state";

sql! {
    /// Those who follow share it, each step of a rebuild has it alone, from before its first look: on the served engine
    /// it has to see all that those have committed. The embedded one has one writer at a time.
    LOCK = {
        postgres: "lock table view_state in exclusive mode",
        sqlite: "select 0 where false",
    };
    FIND = "select view, version, phase, building, applied, total, accepts, only_live, only_rebuilt, sample, rounds,
            begun_at, filled_at, swapped_at, reached
        from view_state where view = $1";
}

/// A view, and how far a rebuild of it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Its name.
    pub view: String,
    /// The version that made the rows which are read.
    pub version: i64,
    /// How far a rebuild is.
    pub phase: Phase,
    /// The version that makes the rows of the rebuild.
    pub building: Option<i64>,
    /// Events that the rebuild has applied, or the last one had.
    pub applied: i64,
    /// Events that there were when it began.
    pub total: i64,
    /// Whether it is swapped in although rows differ.
    pub accepts: bool,
    /// Rows that only the live tables had.
    pub only_live: Option<i64>,
    /// Rows that only the rebuilt tables had.
    pub only_rebuilt: Option<i64>,
    /// The keys of some of them.
    pub sample: Option<String>,
    /// Rebuilds that were begun since there is the view.
    pub rounds: i64,
    /// When the rebuild began.
    pub begun_at: Option<Timestamp>,
    /// When it had applied everything.
    pub filled_at: Option<Timestamp>,
    /// When the last one was swapped in.
    pub swapped_at: Option<Timestamp>,
    /// The last stream that is in the rebuilt tables.
    #[serde(skip)]
    pub(crate) reached: String,
}

impl FromRow for Status {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let accepts: i64 = row.get(6)?;
        Ok(Self {
            view: row.get(0)?,
            version: row.get(1)?,
            phase: row.get(2)?,
            building: row.get(3)?,
            applied: row.get(4)?,
            total: row.get(5)?,
            accepts: accepts != 0,
            only_live: row.get(7)?,
            only_rebuilt: row.get(8)?,
            sample: row.get(9)?,
            rounds: row.get(10)?,
            begun_at: row.get(11)?,
            filled_at: row.get(12)?,
            swapped_at: row.get(13)?,
            reached: row.get(14)?,
        })
    }
}

/// How far a rebuild of the view called `name` is; `None` before the service has started with it.
///
/// # Errors
/// Any failure of the database.
pub async fn status(db: &Db, name: &str) -> Result<Option<Status>, DbError> {
    db.query_optional(&FIND, params![name]).await
}

/// The same alone: nobody follows the view, and no other step of a rebuild is made, until the transaction ends. The
/// first statement of its transaction.
pub(crate) async fn alone(tx: &mut Tx, name: &str) -> Result<Option<Status>, DbError> {
    tx.query_optional::<(i64,)>(&LOCK, &[]).await?;
    find(tx, name).await
}

pub(crate) async fn find(tx: &mut Tx, name: &str) -> Result<Option<Status>, DbError> {
    tx.query_optional(&FIND, params![name]).await
}
