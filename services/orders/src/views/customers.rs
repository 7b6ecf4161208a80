//! Who may order, as customers tells it.

use tradewind_customers_contract::CustomerId;
use tradewind_db::{DbError, Tx, params, sql};
use tradewind_kernel::Id;

sql! {
    KNOWN = "select count(*) from customer_view where customer_id = $1";
    ADD = "insert into customer_view (customer_id) values ($1) on conflict (customer_id) do nothing";
}

pub(crate) async fn is_known(tx: &mut Tx, customer: Id) -> Result<bool, DbError> {
    let (count,): (i64,) = tx.query_one(&KNOWN, params![customer]).await?;
    Ok(count > 0)
}

pub(crate) async fn add(tx: &mut Tx, customer: CustomerId) -> Result<(), DbError> {
    tx.execute(&ADD, params![customer]).await.map(drop)
}
