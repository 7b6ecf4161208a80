//! Reserves all lines of an order, or none.

use std::time::Duration;

use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::{Id, Slug};
use tradewind_stock_contract::{StockRefusal, StockRefused, StockReserved};

use crate::domain::Demand;
use crate::{mutants, store};

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
        // Taken first and looked at afterwards: that it was reserved before is the rare case.
        if let Err(product) = store::take_all(tx, &self.demand).await? {
            let has = store::has_reservation(tx, self.order).await?;
            return if has { Ok(()) } else { self.refuse(tx, product).await };
        }
        if !store::hold_all(tx, self.order, &self.demand, self.ttl).await? {
            return store::put_back(tx, &self.demand).await;
        }
        announce(tx, &StockReserved { order_id: self.order }).await.map(drop)
    }
}

impl Reserve {
    async fn refuse(&self, tx: &mut Tx, product: &Slug) -> Result<(), DbError> {
        if mutants::REFUSAL_UNTOLD.is_planted() {
            return Ok(());
        }
        let known = store::find_in(tx, product).await?.is_some();
        let reason = if known { StockRefusal::SoldOut } else { StockRefusal::UnknownProduct };
        let event = StockRefused { order_id: self.order, reason, product_id: product.clone() };
        announce(tx, &event).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use tradewind_db::{Db, Execution, Location, MigrateMode, Options, params, sql};
    use tradewind_kernel::{Clock, Context, Entropy, Principal};

    use super::*;

    sql! {
        ITEM = "insert into item (product_id, sku, received, on_hand, reserved, sold)
            values ($1, 'a', $2, $2, 0, 0)";
        RESERVED = "select product_id, reserved from item order by product_id";
        TOLD = "select type from event_log where type not like '%level%' order by position";
    }

    /// The same order, as often as it is said, in one transaction or in several.
    struct Repeat(usize);

    impl Work for Repeat {
        type Output = ();
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
            let demand = [("a", 2), ("b", 1)].map(|(product, quantity)| (product.parse().unwrap(), quantity));
            let reserve = Reserve {
                order: Id::from_u128(1),
                demand: Demand::from(demand),
                ttl: Duration::from_secs(60),
            };
            for _ in 0..self.0 {
                reserve.run(tx).await?;
            }
            Ok(())
        }
    }

    struct Items(i64);

    impl Work for Items {
        type Output = ();
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
            for product in ["a", "b"] {
                tx.execute(&ITEM, params![product, self.0]).await?;
            }
            Ok(())
        }
    }

    /// With plenty a repetition takes and puts back; with little it cannot even take.
    #[tokio::test]
    async fn an_order_that_is_heard_of_twice_reserves_once() {
        for on_hand in [9, 2] {
            let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
            let context = Context::begin(Principal::Anonymous, &clock, &entropy);
            let (location, execution) = (Location::Memory, Execution::Inline);
            let db = Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap();
            let sets = [tradewind_events::MIGRATIONS, store::MIGRATIONS];
            db.migrate(&sets, MigrateMode::Auto).await.unwrap();
            db.write(&context, Items(on_hand)).await.unwrap();
            db.write(&context, Repeat(2)).await.unwrap();
            db.write(&context, Repeat(1)).await.unwrap();
            let reserved: Vec<(String, i64)> = db.query(&RESERVED, &[]).await.unwrap();
            assert_eq!(reserved, [("a".to_owned(), 2), ("b".to_owned(), 1)], "{on_hand} on hand");
            let told: Vec<(String,)> = db.query(&TOLD, &[]).await.unwrap();
            assert_eq!(told, [("tradewind.stock.stock-reserved.v1".to_owned(),)], "{on_hand} on hand");
        }
    }
}
