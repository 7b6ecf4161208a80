//! Reserves credit for an order.

use std::time::Duration;

use tradewind_customers_contract::{CreditRefusal, CreditRefused, CreditReserved, CustomerId};
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::{Id, Money};

use crate::store;

pub(crate) struct Reserve {
    pub(crate) order: Id,
    pub(crate) customer: CustomerId,
    pub(crate) amount: Money,
    /// How long it holds unless the order is opened.
    pub(crate) ttl: Duration,
}

impl Work for Reserve {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let Self { order, customer, amount, ttl } = *self;
        if store::has_reservation(tx, order).await? {
            return Ok(());
        }
        if !store::take(tx, customer, amount).await? {
            let known = store::find_in(tx, customer).await?.is_some();
            let reason =
                if known { CreditRefusal::CreditLimitExceeded } else { CreditRefusal::UnknownCustomer };
            return announce(tx, &CreditRefused { order_id: order, reason }).await.map(drop);
        }
        store::hold(tx, order, customer, amount, ttl).await?;
        announce(tx, &CreditReserved { order_id: order, customer_id: customer, amount }).await.map(drop)
    }
}
