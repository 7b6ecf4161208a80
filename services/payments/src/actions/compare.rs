//! Compares what the provider says of a charge with the shop's own books.
//!
//! What is under way differs for a while. What differs although the payment has ended is a discrepancy: money that the
//! provider still has is given back, and everything else is written down for people.

use tradewind_db::{DbError, Tx, Work, params, sql};
use tradewind_kernel::Id;
use tradewind_provider_contract::ChargeState;

use crate::actions::change::{GivingBack, Processes};
use crate::domain::{Payment, Status};
use crate::store;

sql! {
    WRITE_DOWN = "insert into discrepancy (order_id, ours, theirs, found_at) values ($1, $2, $3, $4)
        on conflict (order_id) do update set ours = excluded.ours, theirs = excluded.theirs";
    STRIKE_OUT = "delete from discrepancy where order_id = $1";
}

pub(crate) struct Compare {
    pub(crate) order: Id,
    /// How the charge stands, and what the provider has taken and not given back, in minor units.
    pub(crate) theirs: (ChargeState, i64),
    pub(crate) processes: Processes,
}

enum Verdict {
    /// Both say the same, or something is under way.
    Fine,
    /// The provider has money that the shop does not want.
    Stray,
    /// The shop counts on money that the provider has not got, or the other way round.
    Differs,
}

impl Work for Compare {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let payment = store::find(tx, self.order).await?.state;
        match judge(&payment, self.theirs) {
            Verdict::Fine => tx.execute(&STRIKE_OUT, params![self.order]).await.map(drop),
            Verdict::Stray => self.give_back(tx, &payment).await,
            Verdict::Differs => self.write_down(tx, &payment).await,
        }
    }
}

fn judge(payment: &Payment, (theirs, kept): (ChargeState, i64)) -> Verdict {
    let has_money = matches!(theirs, ChargeState::Authorised) || kept > 0;
    match payment.status {
        Status::Declined | Status::Released if has_money => Verdict::Stray,
        Status::Captured if payment.refunds.keys().any(|refund| payment.is_open(*refund)) => Verdict::Fine,
        Status::Captured if payment.left().is_some_and(|left| left.minor() != kept) => Verdict::Differs,
        _ => Verdict::Fine,
    }
}

impl Compare {
    async fn give_back(&self, tx: &mut Tx, payment: &Payment) -> Result<(), DbError> {
        let Some(amount) = payment.amount else { return self.write_down(tx, payment).await };
        self.processes.strays.start(tx, self.order, &GivingBack { order: self.order, amount }).await.map(drop)
    }

    async fn write_down(&self, tx: &mut Tx, payment: &Payment) -> Result<(), DbError> {
        let (state, kept) = self.theirs;
        let ours = format!("{:?}, {}", payment.status, payment.left().map_or(0, |left| left.minor()));
        let theirs = format!("{}, {kept}", name(state));
        tracing::error!(order = %self.order, ours, theirs, "the books of the provider say something else");
        let now = tx.now();
        tx.execute(&WRITE_DOWN, params![self.order, ours, theirs, now]).await.map(drop)
    }
}

/// How a charge stands, as it is written down.
pub(crate) fn name(state: ChargeState) -> &'static str {
    match state {
        ChargeState::Authorised => "authorised",
        ChargeState::Captured => "captured",
        ChargeState::Cancelled => "cancelled",
        ChargeState::Declined => "declined",
        ChargeState::Other => "other",
    }
}
