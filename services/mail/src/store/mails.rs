//! Mails that wait, and attempts to send them.

use std::time::Duration;

use tradewind_db::{Db, DbError, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};

use crate::domain::Content;

/// Raised when there may be something to send.
pub(crate) const WRITTEN: &str = "mails";

sql! {
    pub(super) SHOWN = "select mail_id, recipient_id, occasion, language, state, attempts, unsure from mail
        order by mail_id";
    ADD = "insert into mail (mail_id, recipient_id, occasion, language, content, correlation_id, state, attempts,
            tries, unsure, under_way, due_at, requested_at)
        values ($1, $2, $3, $4, $5, $6, 'waiting', 0, 0, 0, 0, $7, $7) on conflict (mail_id) do nothing";
    DUE = "select mail_id, due_at from mail where state = 'waiting' order by due_at, mail_id limit $1";
    /// An attempt whose end nobody wrote down may have been one that succeeded.
    CLAIM = "update mail set due_at = $3, attempts = attempts + 1, tries = tries + 1,
            unsure = unsure + under_way, under_way = 1
        where mail_id = $1 and due_at = $2 and state = 'waiting'
        returning recipient_id, language, content, correlation_id, tries";
    /// Whoever has sent it says so, even when the attempt took too long.
    END = "update mail set state = $2, under_way = 0, unsure = unsure + $3, code = $4, answer = $5,
            due_at = null, ended_at = $6
        where mail_id = $1 and state = 'waiting'";
    POSTPONE = "update mail set due_at = $3, under_way = 0, unsure = unsure + $4, code = $5, answer = $6
        where mail_id = $1 and due_at = $2 and state = 'waiting'";
    /// What it said is not needed any more.
    EMPTY = "update mail set content = null where mail_id = $1";
    AGAIN = "update mail set state = 'waiting', tries = 0, due_at = $2, ended_at = null
        where mail_id = $1 and state in ('failed', 'no-recipient') and content is not null";
    HURRY = "update mail set due_at = $2 where mail_id = $1 and state = 'waiting' and under_way = 0 and due_at > $2";
    STATE = "select state, case when content is null then 0 else 1 end from mail where mail_id = $1";
    FORGET_PERSON = "update mail set content = null where recipient_id = $1 and content is not null";
    STOP = "update mail set state = 'no-recipient', due_at = null, ended_at = $2
        where recipient_id = $1 and state = 'waiting'";
    OLD = "delete from mail where mail_id in (select mail_id from mail
        where state <> 'waiting' and ended_at < $1 order by ended_at limit $2)";
}

/// A mail that is asked for.
pub(crate) struct Asked<'a> {
    pub(crate) id: Id,
    pub(crate) recipient: Id,
    pub(crate) occasion: &'a str,
    pub(crate) language: &'a str,
    pub(crate) content: &'a Content,
}

/// A mail with the time at which it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) id: Id,
    pub(crate) at: Timestamp,
}

impl FromRow for Due {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self { id: row.get(0)?, at: row.get(1)? })
    }
}

/// A mail that is about to be sent.
pub(crate) struct Claimed {
    pub(crate) recipient: Id,
    pub(crate) language: String,
    pub(crate) content: Option<Content>,
    pub(crate) correlation: Id,
    /// Attempts since it was taken up, with this one.
    pub(crate) tries: i64,
}

impl FromRow for Claimed {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let content: Option<Json<Content>> = row.get(2)?;
        Ok(Self {
            recipient: row.get(0)?,
            language: row.get(1)?,
            content: content.map(|Json(content)| content),
            correlation: row.get(3)?,
            tries: row.get(4)?,
        })
    }
}

/// What a mail server said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Said {
    pub(crate) code: Option<u16>,
    pub(crate) text: Option<String>,
    /// Whether it may have taken the mail although it did not say so.
    pub(crate) is_unsure: bool,
}

/// Writes down that a mail is to be sent; asked for again it is the same.
pub(crate) async fn add(tx: &mut Tx, asked: &Asked<'_>) -> Result<(), DbError> {
    let (now, correlation) = (tx.now(), tx.context().map(|context| context.correlation));
    let Asked { id, recipient, occasion, language, content } = asked;
    let content = Json(*content);
    let row = params![*id, *recipient, *occasion, *language, content, correlation, now];
    if tx.execute(&ADD, row).await? == 1 {
        tx.signal(WRITTEN);
    }
    Ok(())
}

/// Up to `limit` mails that wait, those first that are due first.
pub(crate) async fn due(db: &Db, limit: u16) -> Result<Vec<Due>, DbError> {
    db.query(&DUE, params![limit]).await
}

/// Makes an attempt one's own, counted before it is made: nobody else sends the mail until `until`. `None` when somebody
/// else was faster.
pub(crate) async fn claim(tx: &mut Tx, due: Due, until: Timestamp) -> Result<Option<Claimed>, DbError> {
    tx.query_optional(&CLAIM, params![due.id, due.at, until]).await
}

/// Ends a mail; `false`, and nothing written, when it has ended.
pub(crate) async fn end(tx: &mut Tx, id: Id, state: &str, said: &Said) -> Result<bool, DbError> {
    let (now, unsure) = (tx.now(), i64::from(said.is_unsure));
    let code = said.code.map(i64::from);
    let is_first = tx.execute(&END, params![id, state, unsure, code, said.text, now]).await? == 1;
    if is_first && state == "sent" {
        tx.execute(&EMPTY, params![id]).await?;
    }
    Ok(is_first)
}

/// Lets a mail wait until `due`, if it is still that of the attempt that had it until `until`.
pub(crate) async fn postpone(
    tx: &mut Tx,
    id: Id,
    (until, pause): (Timestamp, Duration),
    said: &Said,
) -> Result<(), DbError> {
    let (due, unsure) = (tx.now().plus(pause), i64::from(said.is_unsure));
    let code = said.code.map(i64::from);
    tx.execute(&POSTPONE, params![id, until, due, unsure, code, said.text]).await.map(drop)
}

/// What a wish to try a mail again comes to.
pub(crate) enum Again {
    /// It is tried now.
    Now,
    /// There is no such mail.
    Nothing,
    /// It was sent.
    Sent,
    /// What it said is gone with whom it was for.
    Erased,
}

/// Tries a mail again that was given up, or that waits.
pub(crate) async fn again(tx: &mut Tx, id: Id) -> Result<Again, DbError> {
    let found: Option<(String, i64)> = tx.query_optional(&STATE, params![id]).await?;
    let now = tx.now();
    match found {
        None => Ok(Again::Nothing),
        Some((state, _)) if state == "sent" => Ok(Again::Sent),
        Some((_, 0)) => Ok(Again::Erased),
        Some(_) => {
            tx.execute(&AGAIN, params![id, now]).await?;
            tx.execute(&HURRY, params![id, now]).await?;
            tx.signal(WRITTEN);
            Ok(Again::Now)
        }
    }
}

/// Removes what mails to somebody said, and sends them no more.
pub(crate) async fn forget_person(tx: &mut Tx, person: Id) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&STOP, params![person, now]).await?;
    tx.execute(&FORGET_PERSON, params![person]).await.map(drop)
}

/// Forgets up to `limit` mails that ended before a time; gives how many.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
    tx.execute(&OLD, params![before, limit]).await
}
