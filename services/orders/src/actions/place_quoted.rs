//! Places the order that was made of a cart, as it was quoted. It was agreed to already: whatever is wrong with it now, the
//! order is there, and says so. Who is not known here may be so in a moment, because they come by another log: customers
//! and stock decide.

use tradewind_db::{DbError, Tx, Work};
use tradewind_eventstore::{Aggregate, Loaded};
use tradewind_orders_contract::OrderId;

use crate::domain::{Command, Placement};
use crate::error;
use crate::store;
use crate::views::{orders, products};

pub(crate) struct PlaceQuoted {
    pub(crate) id: OrderId,
    /// Its lines say nothing of stock keeping units.
    pub(crate) placement: Placement,
    /// Whether the way to pay is one that this version knows.
    pub(crate) is_payable: bool,
}

impl Work for PlaceQuoted {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let Loaded { state, version } = store::find(tx, self.id).await?;
        let mut placement = self.placement.clone();
        for line in &mut placement.lines {
            // One that is not known here yet, or not any more, is for stock to refuse.
            line.sku = products::find(tx, &line.product).await?.and_then(|known| known.sku);
        }
        // Heard twice, it is placed once.
        let mut events = state.decide(Command::Place(placement)).unwrap_or_default();
        let Some(placed) = events.first() else { return Ok(()) };
        if !self.is_payable {
            let reason = error::REFUSED.code.to_owned();
            let refused = state.clone().apply(placed).decide(Command::Refuse { reason });
            events.extend(refused.unwrap_or_default());
        }
        store::save(tx, self.id, &Loaded { state, version }, &events).await?;
        orders::follow(tx, self.id, &events).await
    }
}

#[cfg(test)]
mod tests {
    use tradewind_db::{Db, Execution, Location, MigrateMode, Options, sql};
    use tradewind_kernel::{Clock, Context, Currency, Entropy, Id, Money, Principal};

    use super::*;
    use crate::domain::{Line, Payment, Quoted};

    sql! {
        TOLD = "select type from event_log order by position";
    }

    const CUSTOMER: Id = Id::from_u128(7);

    fn pence(minor: i64) -> Money {
        Money::from_minor(minor, Currency::GBP)
    }

    fn taken() -> PlaceQuoted {
        let line = Line {
            product: "1".parse().unwrap(),
            sku: None,
            name: "Widget".to_owned(),
            quantity: 2,
            unit_price: pence(120),
        };
        let placement = Placement {
            customer: CUSTOMER,
            lines: vec![line],
            total: pence(259),
            payment: Payment::Account,
            quoted: Some(Quoted { quote: Id::from_u128(8), discount: pence(24), tax: pence(43) }),
        };
        PlaceQuoted { id: OrderId::new(Id::from_u128(1)), placement, is_payable: true }
    }

    async fn told_after(works: Vec<PlaceQuoted>) -> Vec<String> {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let (location, execution) = (Location::Memory, Execution::Inline);
        let db = Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap();
        let sets = [
            tradewind_events::MIGRATIONS,
            tradewind_eventstore::MIGRATIONS,
            tradewind_views::MIGRATIONS,
            crate::views::MIGRATIONS,
        ];
        db.migrate(&sets, MigrateMode::Auto).await.unwrap();
        for work in works {
            db.write(&context, work).await.unwrap();
        }
        let seen = orders::find(&db, taken().id, orders::Seen::Of(CUSTOMER)).await.unwrap().unwrap();
        assert_eq!((seen.total, seen.discount, seen.tax), (pence(259), Some(pence(24)), Some(pence(43))));
        let told: Vec<(String,)> = db.query(&TOLD, &[]).await.unwrap();
        told.into_iter().map(|(kind,)| kind.split('.').nth(2).unwrap().to_owned()).collect()
    }

    #[tokio::test]
    async fn a_cart_that_is_heard_of_twice_is_one_order() {
        assert_eq!(told_after(vec![taken(), taken()]).await, ["order-placed"]);
    }

    #[tokio::test]
    async fn an_order_that_cannot_be_is_placed_and_rejected_at_once_and_once() {
        let unpayable = || PlaceQuoted { is_payable: false, ..taken() };
        assert_eq!(told_after(vec![unpayable(), unpayable()]).await, ["order-placed", "order-rejected"]);
    }
}
