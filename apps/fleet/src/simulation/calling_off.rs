//! Calling an order off.

use tradewind_history::What;
use tradewind_orders_contract::{OrderId, OrderState, OrdersClient};
use tradewind_problem::Problem;
use tradewind_sim::Failure;

use crate::simulation::client::{Answer, Client, broken};
use crate::simulation::known::Bought;
use crate::simulation::objects::{CANCELLING, OPEN, Object};
use crate::simulation::shopper::THERE;

/// The code of what is said to somebody who calls off what is not open.
const NOT_OPEN: &str = "order-not-open";

impl Client<'_> {
    /// Whether an order may be called off is for the shop to say; that it was, holds.
    pub(super) async fn call_off(&self, of: u32, twice: bool) -> Vec<Failure> {
        const ONCE: &str = "an order is called off once, and stays so";
        let Some((bought, id)) = self.acknowledged(of) else { return Vec::new() };
        let Some(first) = self.cancel(of, (&bought, id), "cancel").await else { return Vec::new() };
        let has_effect = match first {
            Ok(has_effect) => has_effect,
            Err(problem) if problem.status() == 404 && !self.is_unheard(&bought, &problem) => {
                return broken(THERE, format!("{}: {problem}", bought.key));
            }
            Err(_) => return Vec::new(),
        };
        self.shop.count("orders called off", u64::from(has_effect));
        if !twice {
            return Vec::new();
        }
        match self.cancel(of, (&bought, id), "cancel again").await {
            Some(Ok(false)) | None => Vec::new(),
            Some(Ok(true)) => broken(ONCE, format!("{}: twice", bought.key)),
            Some(Err(problem)) if problem.code() == NOT_OPEN && self.was_handed_over(&bought, id).await => {
                Vec::new()
            }
            Some(Err(problem)) => broken(ONCE, format!("{}: {problem}", bought.key)),
        }
    }

    /// Whether an order that was being called off went on its way at that moment, which is the one thing that may come
    /// between.
    async fn was_handed_over(&self, bought: &Bought, id: OrderId) -> bool {
        let order = OrdersClient::new(self.user(bought.wanted.customer)).order(id).await;
        // Who does not answer is asked at the end, when nothing goes wrong: what was read before must still fit then.
        order.map_or(true, |order| order.state == OrderState::Completed)
    }

    /// Whether calling off changed anything, or why it was refused; nothing when there was no answer.
    async fn cancel(
        &self,
        of: u32,
        (bought, id): (&Bought, OrderId),
        command: &str,
    ) -> Option<Result<bool, Problem>> {
        let (invoked, key) = (self.moment(), self.key(&command.replace(' ', "-")));
        let send = async || OrdersClient::new(self.user(bought.wanted.customer)).cancel(id, &key).await;
        match self.insist(send).await {
            Answer::Nothing => None,
            Answer::Refused(problem) => Some(Err(problem)),
            Answer::Given(accepted) => {
                // What was called off before is accepted and announces nothing: there is no position then.
                let has_effect = accepted.position != tradewind_kernel::Position::default();
                if has_effect {
                    let what = What::WriteIf { expected: OPEN, version: CANCELLING };
                    self.answered(Object::Order(of), invoked, what);
                }
                Some(Ok(has_effect))
            }
        }
    }
}
