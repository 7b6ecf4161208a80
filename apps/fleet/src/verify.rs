//! The promises of the shop as a whole, besides those of the platform.

use tradewind_verify::{MalformedOracle, Oracle};

use crate::assembly;

macro_rules! oracles {
    ($($name:literal,)*) => {
        /// All oracles: the platform's, then the shop's.
        ///
        /// # Errors
        /// When the text of one does not have its form: a defect.
        pub fn oracles() -> Result<Vec<Oracle>, MalformedOracle> {
            let mut all = tradewind_verify::oracles()?;
            $(all.push(Oracle::parse($name, include_str!(concat!("../oracles/", $name, ".sql")))?);)*
            Ok(all)
        }
    };
}

oracles! {
    "stock-adds-up",
    "stock-reserved-is-held",
    "stock-sold-is-picked",
    "credit-reserved-is-held",
    "order-histories",
    "order-views-follow-their-streams",
    "snapshots-follow-their-streams",
    "order-totals",
    "orders-announced",
    "orders-one-per-key",
    "orders-have-ended",
    "stock-follows-orders",
    "credit-follows-orders",
    "views-follow-their-owners",
    "processes-end",
    "fulfilments-follow-orders",
    "ledger-balances",
    "ledger-follows-payments",
    "payments-follow-orders",
    "provider-books-equal",
    "refund-requests-follow-payments",
    "webhooks-deliver-each-once",
    "webhooks-in-order",
    "notifications-follow-orders",
    "mails-follow-notifications",
    "orders-follow-quotes",
    "coupons-within-limits",
    "coupons-follow-orders",
    "people-are-customers",
    "erased-people-are-gone",
    "sessions-have-one-token",
    "stored-objects-add-up",
    "audit-chains-are-whole",
    "audit-tells-of-changes",
}

/// Who listens to whom and to what: consumer, producer, type of event.
#[must_use]
pub fn subscribed() -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for service in assembly().descriptions() {
        for listens in &service.listens {
            let row = |kind: &String| (service.name.clone(), listens.producer.clone(), kind.clone());
            all.extend(listens.types.iter().map(row));
        }
    }
    all
}
