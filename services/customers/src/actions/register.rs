//! Makes a customer known.

use tradewind_chassis::http::Reply;
use tradewind_customers_contract::{CustomerId, CustomerRegistered, RegisterCustomer};
use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_problem::Problem;

use crate::{error, store};

/// The greatest length of a name, in characters.
const MAX_NAME: usize = 200;

pub(crate) struct Register {
    pub(crate) id: CustomerId,
    pub(crate) customer: RegisterCustomer,
}

impl Work for Register {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        let RegisterCustomer { name, credit_limit } = &self.customer;
        let is_name = !name.trim().is_empty() && !name.chars().any(char::is_control);
        if !is_name || name.chars().count() > MAX_NAME {
            return Err(error::field("/name", "a name has 1 to 200 characters and no control characters"));
        }
        if credit_limit.minor() < 0 {
            return Err(error::field("/creditLimit", "a credit limit is not negative"));
        }
        store::register(tx, self.id, name, *credit_limit).await?;
        announce(tx, &CustomerRegistered { customer_id: self.id }).await?;
        Ok(Reply::no_content())
    }
}
