//! Changes a payment, and sets what follows from it going.

use serde::{Deserialize, Serialize};
use tradewind_db::{DbError, Tx, Work};
use tradewind_eventstore::Aggregate;
use tradewind_kernel::{Id, Money, Slug};
use tradewind_problem::Problem;
use tradewind_saga::{Cancelled, Instances, Reason};

use crate::domain::{Command, Event, Payment, Refusal};
use crate::{error, store};

/// The signal by which an order asks for its money.
pub(crate) const CAPTURE: &str = "capture";

/// A payment by card on its way through the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CardPayment {
    pub(crate) amount: Money,
    pub(crate) card: Slug,
}

/// A refund on its way through the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GivingBack {
    pub(crate) order: Id,
    pub(crate) amount: Money,
}

/// What goes on with the provider: payments by the id of the order, refunds by their own.
#[derive(Debug, Clone)]
pub(crate) struct Processes {
    pub(crate) payments: Instances<CardPayment>,
    pub(crate) refunds: Instances<GivingBack>,
    /// Money that the provider has and should not, by the id of the order.
    pub(crate) strays: Instances<GivingBack>,
}

/// Asks something of the payment of an order. What it refuses changes nothing.
pub(crate) struct Change {
    pub(crate) order: Id,
    pub(crate) command: Command,
    pub(crate) processes: Processes,
}

impl Work for Change {
    /// The payment afterwards, or why it refused.
    type Output = Result<Payment, Refusal>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let payment = store::find(tx, self.order).await?;
        let events = match payment.state.decide(self.command.clone()) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for event in &events {
            self.processes.go_on(tx, self.order, event).await?;
        }
        Ok(Ok(store::save(tx, self.order, payment, &events).await?))
    }
}

impl Processes {
    /// What follows from an event, in the same transaction.
    async fn go_on(&self, tx: &mut Tx, order: Id, event: &Event) -> Result<(), DbError> {
        match event {
            Event::Requested { amount, card, .. } => {
                let payment = CardPayment { amount: *amount, card: card.clone() };
                self.payments.start(tx, order, &payment).await.map(drop)
            }
            Event::CaptureAsked => self.payments.signal(tx, order, CAPTURE, &()).await.map(drop),
            Event::ReleaseAsked { reason } => {
                let cancelled = self.payments.cancel(tx, order, Reason::new(reason.clone())).await?;
                // What was captured is recorded in the transaction that makes it too late.
                if matches!(cancelled, Cancelled::TooLate | Cancelled::Unknown) {
                    let message = format!("the payment of {order} cannot turn back: {cancelled:?}");
                    return Err(DbError::Column { message });
                }
                Ok(())
            }
            Event::RefundAsked { refund, amount } => {
                let refunding = GivingBack { order, amount: *amount };
                self.refunds.start(tx, *refund, &refunding).await.map(drop)
            }
            _ => Ok(()),
        }
    }
}

/// What a caller is told of a refusal.
pub(crate) fn told(refusal: &Refusal) -> Problem {
    use tradewind_problem::CONFLICT;
    match refusal {
        Refusal::NotAuthorised(_) => error::not_authorised(),
        Refusal::NotCaptured(_) => Problem::new(&error::PAYMENT_NOT_CAPTURED)
            .detail("Nothing was taken for this order, so that nothing can be given back."),
        Refusal::TooMuch { left } => Problem::new(&error::REFUND_EXCEEDS_CAPTURE)
            .detail(format!("At most {left} can be given back, and more than nothing.")),
        Refusal::OtherRefund => Problem::new(&CONFLICT).detail("This refund was of another amount."),
    }
}
