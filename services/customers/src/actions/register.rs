//! Makes a customer known.

use tradewind_audit::{Entry, Facts, record};
use tradewind_chassis::http::Reply;
use tradewind_customers_contract::{CustomerId, CustomerRegistered, RegisterCustomer, SERVICE};
use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::is_one_line;
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
        let is_name = !name.trim().is_empty() && is_one_line(name);
        if !is_name || name.chars().count() > MAX_NAME {
            return Err(error::field(
                "/name",
                "a name has 1 to 200 characters, all of them to be seen on one line",
            ));
        }
        if credit_limit.minor() < 0 {
            return Err(error::field("/creditLimit", "a credit limit is not negative"));
        }
        let before = store::find_in(tx, self.id).await?;
        store::register(tx, self.id, name, *credit_limit).await?;
        let limit = before.as_ref().map_or(*credit_limit, |before| before.credit_limit);
        let entry = Entry::new("customers.account-registered", "customer", &self.id)
            .before_if(before.map(|before| Facts::new().with("limit", &before.credit_limit)))
            .after(Facts::new().with("limit", &limit).personal("name"));
        record(tx, SERVICE, entry).await?;
        announce(tx, &CustomerRegistered { customer_id: self.id }).await?;
        Ok(Reply::no_content())
    }
}
