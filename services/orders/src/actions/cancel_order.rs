//! Asks for an open order to be called off: what was done for it is undone, and it ends.

use tradewind_audit::{Entry, Facts, record};
use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_eventstore::Aggregate;
use tradewind_orders_contract::{OrderId, SERVICE};
use tradewind_problem::Problem;

use crate::actions::happen::{Fulfilments, Happened, happen};
use crate::actions::place_order::accepted;
use crate::domain::{Command, Refusal, Status};
use crate::views::orders::Seen;
use crate::{error, store};

pub(crate) struct Cancel {
    pub(crate) id: OrderId,
    pub(crate) seen: Seen,
    pub(crate) fulfilments: Fulfilments,
}

impl Work for Cancel {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        let order = store::find(tx, self.id).await?;
        let Some(owner) = order.state.customer else {
            return Err(error::no_order());
        };
        if matches!(self.seen, Seen::Of(customer) if customer != owner) {
            return Err(error::no_order());
        }
        let events = order.state.decide(Command::Cancel).map_err(refused)?;
        match happen(tx, &self.fulfilments, (self.id, &order), &events).await? {
            Happened::Written(position) => {
                // What somebody does with their own order is their own business.
                if matches!(self.seen, Seen::All) {
                    let entry = Entry::new("orders.order-cancelled", "order", &self.id).on_behalf_of(owner);
                    record(tx, SERVICE, entry.after(Facts::new().with("customer", &owner))).await?;
                }
                accepted(self.id, position)
            }
            Happened::TooLate => Err(refused(Refusal(Status::Completed))),
        }
    }
}

fn refused(Refusal(status): Refusal) -> Problem {
    let detail = match status {
        Status::New => "The order is still being decided. Try again when it is OPEN.",
        Status::Completed => "The goods are on their way. Send them back instead.",
        _ => "Only an OPEN order can be cancelled, and this one has ended.",
    };
    Problem::new(&error::ORDER_NOT_OPEN).detail(detail)
}
