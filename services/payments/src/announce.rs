//! Domain event → promised event.

use tradewind_db::{DbError, Tx};
use tradewind_events::announce;
use tradewind_kernel::{Id, Money};
use tradewind_payments_contract::{
    PaymentAuthorised, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentReleased,
};

use crate::domain::Event;

/// Tells the others what happened to the payment of an order, if it concerns them; `amount` is that of the payment.
pub(crate) async fn tell(
    tx: &mut Tx,
    order_id: Id,
    amount: Option<Money>,
    event: &Event,
) -> Result<(), DbError> {
    let known =
        || amount.ok_or_else(|| DbError::Column { message: "a payment without an amount".to_owned() });
    let position = match event {
        Event::Authorised => announce(tx, &PaymentAuthorised { order_id, amount: known()? }).await?,
        Event::Captured => announce(tx, &PaymentCaptured { order_id, amount: known()? }).await?,
        Event::Declined { reason } => {
            announce(tx, &PaymentDeclined { order_id, reason: reason.clone() }).await?
        }
        Event::Released { reason } => {
            announce(tx, &PaymentReleased { order_id, reason: reason.clone() }).await?
        }
        Event::Refunded { refund, amount } => {
            announce(tx, &PaymentRefunded { order_id, refund_id: *refund, amount: *amount }).await?
        }
        // What was only asked for concerns nobody else.
        Event::Requested { .. }
        | Event::CaptureAsked
        | Event::ReleaseAsked { .. }
        | Event::RefundAsked { .. }
        | Event::RefundFailed { .. } => return Ok(()),
    };
    let _: i64 = position;
    Ok(())
}
