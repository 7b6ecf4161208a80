//! Decision → promised event.

use tradewind_db::{DbError, Tx};
use tradewind_notification_contract::{Language, MailRequested};

use crate::domain::{Known, News};

/// Asks for a mail.
pub(crate) async fn ask(tx: &mut Tx, news: &News, known: &Known, language: Language) -> Result<(), DbError> {
    let asked = MailRequested {
        notification_id: news.event,
        recipient_id: known.customer,
        occasion: news.occasion,
        language,
        order_id: news.order,
        happened_at: news.happened_at,
        reason: news.reason.clone(),
        lines: known.content.lines.clone(),
        total: Some(known.content.total),
        refunded: news.refunded,
        tracking_number: news.tracking_number.clone(),
    };
    tradewind_events::announce(tx, &asked).await.map(drop)
}
