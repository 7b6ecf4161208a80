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
        // Taken first and looked at afterwards: that it was reserved before is the rare case.
        if !store::take(tx, customer, amount).await? {
            if store::has_reservation(tx, order).await? {
                return Ok(());
            }
            let account = store::find_in(tx, customer).await?;
            let reason = match account.map(|account| account.credit_limit.currency()) {
                None => CreditRefusal::UnknownCustomer,
                // Amounts in two currencies are not compared: nobody here knows what one is worth in the other.
                Some(currency) if currency != amount.currency() => CreditRefusal::OtherCurrency,
                Some(_) => CreditRefusal::CreditLimitExceeded,
            };
            return announce(tx, &CreditRefused { order_id: order, reason }).await.map(drop);
        }
        if !store::hold(tx, order, customer, amount, ttl).await? {
            return store::put_back(tx, customer, amount).await;
        }
        announce(tx, &CreditReserved { order_id: order, customer_id: customer, amount }).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use tradewind_db::{Db, Execution, Location, MigrateMode, Options, params, sql};
    use tradewind_kernel::{Clock, Context, Currency, Entropy, Principal};

    use super::*;

    sql! {
        ACCOUNT = "insert into account (customer_id, name, currency, credit_limit, reserved, changed_at)
            values ($1, 'Ada', 'GBP', $2, 0, 7)";
        RESERVED = "select reserved from account";
        TOLD = "select type from event_log order by position";
        DATA = "select cast(data as text) from event_log order by position";
    }

    const CUSTOMER: Id = Id::from_u128(7);

    /// The same order, as often as it is said, in one transaction.
    struct Repeat(usize);

    impl Work for Repeat {
        type Output = ();
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
            let reserve = Reserve {
                order: Id::from_u128(1),
                customer: CustomerId::new(CUSTOMER),
                amount: Money::from_minor(5, Currency::GBP),
                ttl: Duration::from_secs(60),
            };
            for _ in 0..self.0 {
                reserve.run(tx).await?;
            }
            Ok(())
        }
    }

    struct Limit(i64);

    impl Work for Limit {
        type Output = ();
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
            tx.execute(&ACCOUNT, params![CUSTOMER, self.0]).await.map(drop)
        }
    }

    struct InEuro;

    impl Work for InEuro {
        type Output = ();
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
            let reserve = Reserve {
                order: Id::from_u128(2),
                customer: CustomerId::new(CUSTOMER),
                amount: Money::from_minor(5, "EUR".parse().unwrap()),
                ttl: Duration::from_secs(60),
            };
            reserve.run(tx).await
        }
    }

    #[tokio::test]
    async fn an_amount_in_another_currency_is_refused_for_that_and_takes_nothing() {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let (location, execution) = (Location::Memory, Execution::Inline);
        let db = Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap();
        db.migrate(&[tradewind_events::MIGRATIONS, store::MIGRATIONS], MigrateMode::Auto).await.unwrap();
        db.write(&context, Limit(99)).await.unwrap();
        db.write(&context, InEuro).await.unwrap();
        let reserved: Vec<(i64,)> = db.query(&RESERVED, &[]).await.unwrap();
        let told: Vec<(String,)> = db.query(&DATA, &[]).await.unwrap();
        assert_eq!((reserved, told.len()), (vec![(0,)], 1));
        assert!(told[0].0.contains("other-currency"), "{told:?}");
    }

    /// With plenty a repetition takes and puts back; with little it cannot even take.
    #[tokio::test]
    async fn an_order_that_is_heard_of_twice_reserves_once() {
        for limit in [99, 5] {
            let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
            let context = Context::begin(Principal::Anonymous, &clock, &entropy);
            let (location, execution) = (Location::Memory, Execution::Inline);
            let db = Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap();
            let sets = [tradewind_events::MIGRATIONS, store::MIGRATIONS];
            db.migrate(&sets, MigrateMode::Auto).await.unwrap();
            db.write(&context, Limit(limit)).await.unwrap();
            db.write(&context, Repeat(2)).await.unwrap();
            db.write(&context, Repeat(1)).await.unwrap();
            let reserved: Vec<(i64,)> = db.query(&RESERVED, &[]).await.unwrap();
            assert_eq!(reserved, [(5,)], "a limit of {limit}");
            let told: Vec<(String,)> = db.query(&TOLD, &[]).await.unwrap();
            assert_eq!(told, [("tradewind.customers.credit-reserved.v1".to_owned(),)], "a limit of {limit}");
        }
    }
}
