//! What people were told, and what not.

use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::Id;
use tradewind_notification_contract::{Language, Notification, NotificationState, Occasion};

use crate::domain::{Decision, News};

sql! {
    pub(super) SHOWN = "select notification_id, customer_id, occasion, order_id, part, state, language
        from notification order by notification_id";
    /// The key is who, of what, of which order and of which part of it: what is told once is not told again.
    ADD = "insert into notification
            (notification_id, customer_id, occasion, order_id, part, state, language, decided_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    PAGE = "select notification_id, occasion, order_id, state, language, decided_at, customer_id from notification
        where customer_id = $1 and notification_id < $2
        order by notification_id desc limit $3";
}

struct Kept(Notification);

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (occasion, state, language): (String, String, String) = (row.get(1)?, row.get(3)?, row.get(4)?);
        Ok(Self(Notification {
            id: row.get(0)?,
            customer_id: row.get(6)?,
            occasion: Occasion::named(&occasion),
            order_id: row.get(2)?,
            state: state_named(&state),
            language: language_named(&language),
            decided_at: row.get(5)?,
        }))
    }
}

fn state_named(text: &str) -> NotificationState {
    match text {
        "requested" => NotificationState::Requested,
        "unwanted" => NotificationState::Unwanted,
        "late" => NotificationState::Late,
        _ => NotificationState::Other,
    }
}

fn language_named(tag: &str) -> Language {
    Language::ALL.into_iter().find(|language| language.tag() == tag).unwrap_or(Language::Other)
}

fn state_of(decision: Decision) -> &'static str {
    match decision {
        Decision::Mail => "requested",
        Decision::Unwanted => "unwanted",
        Decision::Late => "late",
    }
}

/// Writes down what was decided of news; `false`, and nothing written, when that was decided before.
pub(crate) async fn add(
    tx: &mut Tx,
    news: &News,
    customer: Id,
    (decision, language): (Decision, Language),
) -> Result<bool, DbError> {
    let (now, occasion) = (tx.now(), news.occasion.name());
    let (state, language) = (state_of(decision), language.tag());
    let row = params![news.event, customer, occasion, news.order, news.part, state, language, now];
    Ok(tx.execute(&ADD, row).await? == 1)
}

/// Up to `limit` of what somebody was told before an id, the newest first.
pub(crate) async fn page(
    db: &Db,
    customer: Id,
    before: Id,
    limit: u16,
) -> Result<Vec<Notification>, DbError> {
    let kept: Vec<Kept> = db.query(&PAGE, params![customer, before, limit]).await?;
    Ok(kept.into_iter().map(|Kept(notification)| notification).collect())
}
