//! Reserves all lines of an order, or none.

use std::time::Duration;

use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::{Id, Slug};
use tradewind_stock_contract::{StockRefusal, StockRefused, StockReserved};

use crate::domain::Demand;
use crate::store;

pub(crate) struct Reserve {
    pub(crate) order: Id,
    pub(crate) demand: Demand,
    /// How long it holds unless the order is opened.
    pub(crate) ttl: Duration,
}

impl Work for Reserve {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        if store::has_reservation(tx, self.order).await? {
            return Ok(());
        }
        if let Err(product) = store::take_all(tx, &self.demand).await? {
            return self.refuse(tx, product).await;
        }
        for (product, quantity) in &self.demand {
            store::hold(tx, self.order, product, *quantity, self.ttl).await?;
        }
        announce(tx, &StockReserved { order_id: self.order }).await.map(drop)
    }
}

impl Reserve {
    async fn refuse(&self, tx: &mut Tx, product: &Slug) -> Result<(), DbError> {
        let known = store::find_in(tx, product).await?.is_some();
        let reason = if known { StockRefusal::SoldOut } else { StockRefusal::UnknownProduct };
        let event = StockRefused { order_id: self.order, reason, product_id: product.clone() };
        announce(tx, &event).await.map(drop)
    }
}
