//! Cursors: how far a subscription has come, kept beside the effects.

use tradewind_db::{Db, DbError, Tx, Work, lease, params, sql};

use crate::mutants;
use crate::turn::Pass;

sql! {
    FIND = "select position from event_cursor where subscription = $1";
    CREATE = "insert into event_cursor (subscription, position, moved_at) values ($1, $2, $3)
        on conflict (subscription) do nothing";
    /// Moves only under the newest token. The lock keeps the lease from being taken until the effects are committed;
    /// the embedded engine has one writer at a time.
    MOVE = {
        postgres: "update event_cursor set position = $3, moved_at = $4
            where subscription = $1 and position = $2
            and exists (select 1 from lease where name = $5 and token = $6 for share)",
        sqlite: "update event_cursor set position = $3, moved_at = $4
            where subscription = $1 and position = $2
            and exists (select 1 from lease where name = $5 and token = $6)",
    };
    MOVE_ANYHOW = "update event_cursor set position = $2, moved_at = $3 where subscription = $1";
}

/// The stored cursor, or `None` when the subscription is new.
pub(crate) async fn find(db: &Db, subscription: &str) -> Result<Option<i64>, DbError> {
    Ok(db.query_optional::<(i64,)>(&FIND, params![subscription]).await?.map(|(position,)| position))
}

/// How far the subscription of this service to the events of `producer` has come, within a transaction; 0 when it has
/// not begun. What it handles later has a greater position.
///
/// # Errors
/// Any failure of the database.
pub async fn reached(tx: &mut Tx, producer: &str) -> Result<i64, DbError> {
    let found: Option<(i64,)> = tx.query_optional(&FIND, params![producer]).await?;
    Ok(found.map_or(0, |(position,)| position))
}

/// Writes down where a new subscription begins, unless another was faster.
pub(crate) struct Create {
    pub(crate) subscription: String,
    pub(crate) position: i64,
}

impl Work for Create {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let now = tx.now();
        tx.execute(&CREATE, params![self.subscription, self.position, now]).await.map(drop)
    }
}

/// Moves the cursor within the transaction of the effects, and tells those who wait for their turn.
///
/// The move is conditional: when another reader has moved it meanwhile, or has taken the turn, the effects are rolled
/// back.
pub(crate) async fn advance(
    tx: &mut Tx,
    subscription: &str,
    from: i64,
    to: i64,
    pass: &Pass,
) -> Result<(), DbError> {
    let now = tx.now();
    if mutants::EVERYBODYS_TURN.is_planted() {
        return tx.execute(&MOVE_ANYHOW, params![subscription, to, now]).await.map(drop);
    }
    pass.extend(tx).await?;
    let moved = tx.execute(&MOVE, params![subscription, from, to, now, pass.lease, pass.token]).await?;
    if moved == 1 {
        tx.signal(lease::TOPIC);
        return Ok(());
    }
    pass.check(tx).await?;
    Err(tx.conflict())
}
