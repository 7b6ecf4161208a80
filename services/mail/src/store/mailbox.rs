//! The mailbox of a laptop. It keeps what arrives, as any mailbox does: that nothing arrives twice is for who sends.

use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};
use tradewind_mail_contract::Arrived;

sql! {
    pub(super) SHOWN = "select number, mail_id from mailbox_mail order by number";
    NEXT = "update mailbox_count set number = number + 1 where place = 1 returning number";
    ADD = "insert into mailbox_mail
            (number, mail_id, recipient_id, name, address, subject, language, as_text, as_html, arrived_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    MAKE_ROOM = "delete from mailbox_mail where number <= $1";
    PAGE = "select number, mail_id, name, address, subject, language, as_text, as_html, arrived_at from mailbox_mail
        where number < $1 order by number desc limit $2";
    PAGE_OF = "select number, mail_id, name, address, subject, language, as_text, as_html, arrived_at
        from mailbox_mail where number < $1 and address = $3 order by number desc limit $2";
    FIND = "select number, mail_id, name, address, subject, language, as_text, as_html, arrived_at from mailbox_mail
        where number = $1";
    FORGET_PERSON = "delete from mailbox_mail where recipient_id = $1";
    OLD = "delete from mailbox_mail where number in (select number from mailbox_mail
        where arrived_at < $1 order by arrived_at, number limit $2)";
}

/// A mail on its way into the mailbox.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) mail: Id,
    pub(crate) recipient: Id,
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) subject: String,
    pub(crate) language: &'static str,
    pub(crate) text: String,
    pub(crate) html: String,
    /// How many the mailbox holds; the oldest make room.
    pub(crate) most: u32,
}

struct Kept(Arrived);

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(Arrived {
            number: row.get(0)?,
            mail_id: row.get(1)?,
            name: row.get(2)?,
            to: row.get(3)?,
            subject: row.get(4)?,
            language: row.get(5)?,
            text: row.get(6)?,
            html: row.get(7)?,
            arrived_at: row.get(8)?,
        }))
    }
}

/// Puts a mail into the mailbox.
pub(crate) async fn put(tx: &mut Tx, arrival: &Arrival) -> Result<(), DbError> {
    let now = tx.now();
    let (number,): (i64,) = tx.query_one(&NEXT, &[]).await?;
    let Arrival { mail, recipient, name, address, subject, language, text, html, most } = arrival;
    let row = params![number, mail, recipient, name, address, subject, *language, text, html, now];
    tx.execute(&ADD, row).await?;
    tx.execute(&MAKE_ROOM, params![number - i64::from(*most)]).await.map(drop)
}

/// Up to `limit` mails before a place, the newest first; of one address, if one is named.
pub(crate) async fn page(
    db: &Db,
    to: Option<&str>,
    before: i64,
    limit: u16,
) -> Result<Vec<Arrived>, DbError> {
    let kept: Vec<Kept> = match to {
        Some(address) => db.query(&PAGE_OF, params![before, limit, address]).await?,
        None => db.query(&PAGE, params![before, limit]).await?,
    };
    Ok(kept.into_iter().map(|Kept(mail)| mail).collect())
}

/// A mail.
pub(crate) async fn find(db: &Db, number: i64) -> Result<Option<Arrived>, DbError> {
    let kept: Option<Kept> = db.query_optional(&FIND, params![number]).await?;
    Ok(kept.map(|Kept(mail)| mail))
}

/// Throws away what somebody got.
pub(crate) async fn forget_person(tx: &mut Tx, person: Id) -> Result<(), DbError> {
    tx.execute(&FORGET_PERSON, params![person]).await.map(drop)
}

/// Throws away up to `limit` mails that arrived before a time; gives how many.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
    tx.execute(&OLD, params![before, limit]).await
}
