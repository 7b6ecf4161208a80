//! How far mails have come, as staff see it.

use tradewind_db::{Db, DbError, FromRow, Row, params, sql};
use tradewind_kernel::Id;
use tradewind_mail_contract::{Delivery, DeliveryState};

sql! {
    PAGE = "select mail_id, recipient_id, occasion, language, state, attempts, unsure, requested_at, due_at, ended_at,
            code, answer
        from mail where mail_id < $1 order by mail_id desc limit $2";
    FIND = "select mail_id, recipient_id, occasion, language, state, attempts, unsure, requested_at, due_at, ended_at,
            code, answer
        from mail where mail_id = $1";
}

struct Kept(Delivery);

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let state: String = row.get(4)?;
        Ok(Self(Delivery {
            id: row.get(0)?,
            recipient_id: row.get(1)?,
            occasion: row.get(2)?,
            language: row.get(3)?,
            state: state_named(&state),
            attempts: row.get(5)?,
            unknown: row.get(6)?,
            requested_at: row.get(7)?,
            due_at: row.get(8)?,
            ended_at: row.get(9)?,
            code: row.get(10)?,
            answer: row.get(11)?,
        }))
    }
}

fn state_named(text: &str) -> DeliveryState {
    match text {
        "waiting" => DeliveryState::Waiting,
        "sent" => DeliveryState::Sent,
        "failed" => DeliveryState::Failed,
        "no-recipient" => DeliveryState::NoRecipient,
        _ => DeliveryState::Other,
    }
}

/// Up to `limit` mails before an id, the newest first.
pub(crate) async fn page(db: &Db, before: Id, limit: u16) -> Result<Vec<Delivery>, DbError> {
    let kept: Vec<Kept> = db.query(&PAGE, params![before, limit]).await?;
    Ok(kept.into_iter().map(|Kept(delivery)| delivery).collect())
}

/// A mail.
pub(crate) async fn find(db: &Db, id: Id) -> Result<Option<Delivery>, DbError> {
    let kept: Option<Kept> = db.query_optional(&FIND, params![id]).await?;
    Ok(kept.map(|Kept(delivery)| delivery))
}
