//! Who is signed in, and the refresh tokens that keep them so.

use tradewind_accounts_contract::Session;
use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};

/// How many old ones are removed at once.
const AT_ONCE: i64 = 1_000;

/// How many are shown.
const SHOWN: i64 = 200;

sql! {
    ADD = "insert into session (session_id, account_id, began_at, expires_at) values ($1, $2, $3, $4)";
    ADD_TOKEN = "insert into refresh_token (digest, session_id) values ($1, $2)";
    FIND_TOKEN = "select session.session_id, account_id, expires_at, ended_at, used_at from refresh_token
        join session on session.session_id = refresh_token.session_id where digest = $1";
    USE_TOKEN = "update refresh_token set used_at = $2 where digest = $1 and used_at is null";
    END = "update session set ended_at = $2 where session_id = $1 and ended_at is null";
    END_TOKENS = "delete from refresh_token where session_id = $1 and used_at is null";
    OF_ACCOUNT = "select session_id from session where account_id = $1";
    LIST = "select began_at, expires_at, ended_at from session where account_id = $1
        order by began_at desc, session_id limit $2";
    EXPIRED = "select session_id from session where expires_at < $1 order by expires_at limit $2";
    REMOVE_TOKENS = "delete from refresh_token where session_id = $1";
    REMOVE = "delete from session where session_id = $1";
}

/// A refresh token that was issued here.
pub(crate) struct Token {
    pub(crate) session: Id,
    pub(crate) account: Id,
    pub(crate) expires_at: Timestamp,
    pub(crate) has_ended: bool,
    pub(crate) is_used: bool,
}

impl FromRow for Token {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (ended, used): (Option<Timestamp>, Option<Timestamp>) = (row.get(3)?, row.get(4)?);
        Ok(Self {
            session: row.get(0)?,
            account: row.get(1)?,
            expires_at: row.get(2)?,
            has_ended: ended.is_some(),
            is_used: used.is_some(),
        })
    }
}

struct SessionRow(Session);

impl FromRow for SessionRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let ended: Option<Timestamp> = row.get(2)?;
        Ok(Self(Session { began_at: row.get(0)?, expires_at: row.get(1)?, ended: ended.is_some() }))
    }
}

/// Begins a session with its first refresh token.
pub(crate) async fn begin(
    tx: &mut Tx,
    account: Id,
    digest: &[u8],
    expires_at: Timestamp,
) -> Result<(), DbError> {
    let (session, now) = (tx.id(), tx.now());
    tx.execute(&ADD, params![session, account, now, expires_at]).await?;
    tx.execute(&ADD_TOKEN, params![digest, session]).await.map(drop)
}

pub(crate) async fn find(tx: &mut Tx, digest: &[u8]) -> Result<Option<Token>, DbError> {
    tx.query_optional(&FIND_TOKEN, params![digest]).await
}

/// Puts another token in the place of one that is used now.
pub(crate) async fn replace(tx: &mut Tx, session: Id, old: &[u8], new: &[u8]) -> Result<(), DbError> {
    let now = tx.now();
    if tx.execute(&USE_TOKEN, params![old, now]).await? == 0 {
        return Err(tx.conflict());
    }
    tx.execute(&ADD_TOKEN, params![new, session]).await.map(drop)
}

pub(crate) async fn end(tx: &mut Tx, session: Id) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&END_TOKENS, params![session]).await?;
    tx.execute(&END, params![session, now]).await.map(drop)
}

/// Ends all sessions of an account.
pub(crate) async fn end_all(tx: &mut Tx, account: Id) -> Result<(), DbError> {
    let sessions: Vec<(Id,)> = tx.query(&OF_ACCOUNT, params![account]).await?;
    for (session,) in sessions {
        end(tx, session).await?;
    }
    Ok(())
}

pub(crate) async fn list(db: &Db, account: Id) -> Result<Vec<Session>, DbError> {
    let rows: Vec<SessionRow> = db.query(&LIST, params![account, SHOWN]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Removes some of those that expired before.
pub(crate) async fn remove_old(tx: &mut Tx, before: Timestamp) -> Result<(), DbError> {
    let sessions: Vec<(Id,)> = tx.query(&EXPIRED, params![before, AT_ONCE]).await?;
    for (session,) in sessions {
        tx.execute(&REMOVE_TOKENS, params![session]).await?;
        tx.execute(&REMOVE, params![session]).await?;
    }
    Ok(())
}
