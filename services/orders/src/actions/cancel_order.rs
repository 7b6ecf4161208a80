//! Calls an open order off.

use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_eventstore::Aggregate;
use tradewind_orders_contract::OrderId;
use tradewind_problem::Problem;

use crate::actions::place_order::accepted;
use crate::domain::{Command, Refusal, Status};
use crate::views::orders::{self, Seen};
use crate::{error, store};

pub(crate) struct Cancel {
    pub(crate) id: OrderId,
    pub(crate) seen: Seen,
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
        let position = store::save(tx, self.id, order.version, &events).await?;
        orders::follow(tx, self.id, &events).await?;
        accepted(self.id, position)
    }
}

fn refused(Refusal(status): Refusal) -> Problem {
    let detail = match status {
        Status::New => "The order is still being decided. Try again when it is OPEN.",
        _ => "Only an OPEN order can be cancelled, and this one has ended.",
    };
    Problem::new(&error::ORDER_NOT_OPEN).detail(detail)
}
