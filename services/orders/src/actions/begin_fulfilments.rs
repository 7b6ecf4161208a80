//! Begins the fulfilment of open orders that have none: those that were opened by a release which knew of none.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Id;
use tradewind_orders_contract::OrderId;

use crate::actions::happen::Fulfilments;
use crate::views::orders;

/// Orders that are looked at in one transaction.
const AT_ONCE: u16 = 100;

pub(crate) struct BeginSome {
    /// The last order that was looked at.
    pub(crate) after: Id,
    pub(crate) fulfilments: Fulfilments,
}

impl Work for BeginSome {
    /// The last order that was looked at now; none when there are no more.
    type Output = Option<Id>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Id>, DbError> {
        let open = orders::open(tx, self.after, AT_ONCE).await?;
        for (order, is_by_card) in &open {
            self.fulfilments.begin(tx, OrderId::new(*order), *is_by_card).await?;
        }
        Ok(open.last().map(|(order, _)| *order))
    }
}
