//! Asks for money back, as the customer may whose order it is. One request of an order is open at a time.

use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;
use tradewind_payments_contract::{
    AskRefund, MAX_REFUND_REQUESTS, RefundReason, RefundRequest, RefundRequestState, RefundRequested,
};
use tradewind_problem::{NOT_FOUND, Problem};

use crate::actions::change::told;
use crate::error;
use crate::store::{self, refund_requests};

pub(crate) struct Ask {
    pub(crate) order: Id,
    pub(crate) number: u16,
    pub(crate) customer: Id,
    pub(crate) asked: AskRefund,
}

impl Work for Ask {
    type Output = RefundRequest;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<RefundRequest, Problem> {
        let payment = store::find(tx, self.order).await?.state;
        // Whose token is good for some minutes yet writes nothing any more when they are erased.
        let is_nobody = refund_requests::is_erased(tx, self.customer).await?;
        if payment.customer != Some(self.customer) || is_nobody {
            return Err(error::no_payment());
        }
        if self.asked.reason == RefundReason::Other {
            return Err(error::reason(
                "say why: changed-mind, damaged, wrong-item, not-arrived, something-else",
            ));
        }
        let before = refund_requests::of_in(tx, self.order).await?;
        if let Some(same) = before.iter().find(|request| self.is_same(request)) {
            return Ok(same.clone());
        }
        self.follows(&before)?;
        payment.can_give_back(self.asked.amount).map_err(|refusal| told(&refusal))?;
        let place = (self.order, self.number);
        if !refund_requests::add(tx, place, self.customer, &self.asked).await? {
            return Err(error::already_asked());
        }
        let Ask { order, number, asked, .. } = self;
        let (order_id, number, amount, reason) = (*order, *number, asked.amount, asked.reason);
        announce(tx, &RefundRequested { order_id, number, amount, reason }).await?;
        let now = refund_requests::of_in(tx, self.order).await?.pop();
        now.ok_or_else(|| Problem::internal("a request that was written is not there"))
    }
}

impl Ask {
    fn is_same(&self, request: &RefundRequest) -> bool {
        let AskRefund { amount, reason, note } = &self.asked;
        // What was written is gone when the person is.
        request.number == self.number
            && (request.amount, request.reason) == (*amount, *reason)
            && request.note == *note
    }

    /// Whether this is the next one, and the others are decided.
    fn follows(&self, before: &[RefundRequest]) -> Result<(), Problem> {
        if !(1..=MAX_REFUND_REQUESTS).contains(&self.number) {
            return Err(Problem::new(&NOT_FOUND)
                .detail(format!("Requests have numbers from 1 to {MAX_REFUND_REQUESTS}.")));
        }
        if before.iter().any(|request| request.state == RefundRequestState::Asked) {
            return Err(error::already_asked());
        }
        match before.len() + 1 {
            next if next == usize::from(self.number) => Ok(()),
            next => Err(error::other_number(next)),
        }
    }
}
