//! Grants or refuses what a customer asked back, as staff may. It is decided once; granting begins the refund in the same
//! transaction.

use tradewind_audit::{Entry, Facts, record};
use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::{Id, Money};
use tradewind_payments_contract::{
    RefundGranted, RefundRefused, RefundRequest, RefusalReason, RefuseRefund, SERVICE,
};
use tradewind_problem::Problem;

use crate::actions::change::{Change, Processes, told};
use crate::domain::Command;
use crate::error;
use crate::store::refund_requests;

/// What staff says.
pub(crate) enum Decision {
    Grant(Money),
    Refuse(RefuseRefund),
}

pub(crate) struct Decide {
    pub(crate) order: Id,
    pub(crate) number: u16,
    pub(crate) decision: Decision,
    pub(crate) processes: Processes,
}

impl Work for Decide {
    type Output = RefundRequest;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<RefundRequest, Problem> {
        let before = self.request(tx).await?;
        if self.was_said(&before) {
            return Ok(before);
        }
        let is_new = match &self.decision {
            Decision::Grant(amount) => self.grant(tx, &before, *amount).await?,
            Decision::Refuse(refused) => self.refuse(tx, &before, refused).await?,
        };
        if !is_new {
            return Err(error::decided());
        }
        self.request(tx).await
    }
}

impl Decide {
    async fn request(&self, tx: &mut Tx) -> Result<RefundRequest, Problem> {
        let all = refund_requests::of_in(tx, self.order).await?;
        all.into_iter().find(|request| request.number == self.number).ok_or_else(error::no_request)
    }

    fn was_said(&self, before: &RefundRequest) -> bool {
        match &self.decision {
            Decision::Grant(amount) => before.granted == Some(*amount),
            Decision::Refuse(RefuseRefund { reason, note }) => {
                before.refusal == Some(*reason) && before.refusal_note == *note
            }
        }
    }

    async fn grant(&self, tx: &mut Tx, before: &RefundRequest, amount: Money) -> Result<bool, Problem> {
        let (least, most) = (1, before.amount.minor());
        if amount.currency() != before.amount.currency() || !(least..=most).contains(&amount.minor()) {
            let most = before.amount;
            return Err(error::amount(&format!("grant more than nothing, and at most the {most} asked for")));
        }
        let refund = tx.id();
        if !refund_requests::grant(tx, (self.order, self.number), amount, refund).await? {
            return Ok(false);
        }
        let command = Command::Refund { refund, amount };
        let change = Change { order: self.order, command, processes: self.processes.clone() };
        change.run(tx).await?.map_err(|refusal| told(&refusal))?;
        let (order_id, number) = (self.order, self.number);
        announce(tx, &RefundGranted { order_id, number, refund_id: refund, amount }).await?;
        let after = Facts::new().with("number", &number).with("granted", &amount).with("refund", &refund);
        self.record(tx, "payments.refund-granted", before, after).await?;
        Ok(true)
    }

    async fn refuse(
        &self,
        tx: &mut Tx,
        before: &RefundRequest,
        refused: &RefuseRefund,
    ) -> Result<bool, Problem> {
        if refused.reason == RefusalReason::Other {
            return Err(error::reason(
                "say why: too-late, not-sent-back, used, given-back-already, something-else",
            ));
        }
        // Nobody reads what is written to somebody who was erased.
        let is_read = !refund_requests::is_erased(tx, before.customer_id).await?;
        let note = refused.note.clone().filter(|_| is_read);
        let kept = RefuseRefund { note, ..refused.clone() };
        if !refund_requests::refuse(tx, (self.order, self.number), &kept).await? {
            return Ok(false);
        }
        let (order_id, number, reason) = (self.order, self.number, refused.reason);
        announce(tx, &RefundRefused { order_id, number, reason }).await?;
        let mut after = Facts::new().with("number", &number).with("refusal", &reason);
        if refused.note.is_some() {
            after = after.personal("note");
        }
        self.record(tx, "payments.refund-refused", before, after).await?;
        Ok(true)
    }

    async fn record(
        &self,
        tx: &mut Tx,
        action: &'static str,
        before: &RefundRequest,
        after: Facts,
    ) -> Result<(), Problem> {
        let entry = Entry::new(action, "order", &self.order).on_behalf_of(before.customer_id);
        let asked = Facts::new().with("asked", &before.amount).with("reason", &before.reason);
        record(tx, SERVICE, entry.before(asked).after(after)).await?;
        Ok(())
    }
}
