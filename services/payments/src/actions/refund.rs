//! Gives money back, as staff may.

use tradewind_audit::{Entry, Facts, record};
use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_kernel::{Id, Money};
use tradewind_payments_contract::{PAYMENTS_PATH, RefundAccepted, SERVICE};
use tradewind_problem::Problem;

use crate::actions::change::{Change, Processes, told};
use crate::domain::Command;
use crate::error;

pub(crate) struct Refund {
    pub(crate) order: Id,
    pub(crate) amount: Money,
    pub(crate) processes: Processes,
}

impl Work for Refund {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        if self.amount.minor() <= 0 {
            return Err(error::amount("give back more than nothing"));
        }
        let refund_id = tx.id();
        let command = Command::Refund { refund: refund_id, amount: self.amount };
        let change = Change { order: self.order, command, processes: self.processes.clone() };
        let payment = change.run(tx).await?.map_err(|refusal| told(&refusal))?;
        let refunded = Money::from_minor(payment.given_back(), self.amount.currency());
        let after =
            Facts::new().with("amount", &self.amount).with("refunded", &refunded).with("refund", &refund_id);
        record(tx, SERVICE, Entry::new("payments.refund-asked", "order", &self.order).after(after)).await?;
        Reply::accepted(&format!("{PAYMENTS_PATH}/{}", self.order), &RefundAccepted { refund_id, refunded })
    }
}
