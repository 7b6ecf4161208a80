//! Reserves all lines of an order, or none.

use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::{Id, Slug};
use tradewind_stock_contract::{StockRefusal, StockRefused, StockReserved};

use crate::domain::Demand;
use crate::store;

pub(crate) struct Reserve {
    pub(crate) order: Id,
    pub(crate) demand: Demand,
}

impl Work for Reserve {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        if store::has_reservation(tx, self.order).await? {
            return Ok(());
        }
        let mut taken: Vec<(&Slug, i64)> = Vec::new();
        for (product, quantity) in &self.demand {
            if !store::take(tx, product, *quantity).await? {
                // Not a rollback: the refusal itself has to be committed.
                for (product, quantity) in taken {
                    store::put_back(tx, product, quantity).await?;
                }
                return self.refuse(tx, product).await;
            }
            taken.push((product, *quantity));
        }
        for (product, quantity) in taken {
            store::hold(tx, self.order, product, quantity).await?;
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
