//! Changes how much a customer may owe.

use tradewind_audit::{Entry, Facts, record};
use tradewind_chassis::http::Reply;
use tradewind_customers_contract::{CustomerId, SERVICE};
use tradewind_db::{Tx, Work};
use tradewind_kernel::Money;
use tradewind_problem::Problem;

use crate::{error, store};

pub(crate) struct SetLimit {
    pub(crate) id: CustomerId,
    pub(crate) limit: Money,
}

impl Work for SetLimit {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        if self.limit.minor() < 0 {
            return Err(error::field("/limit", "a credit limit is not negative"));
        }
        let account = store::find_in(tx, self.id).await?.ok_or_else(error::no_account)?;
        if account.credit_limit.currency() != self.limit.currency() {
            let currency = account.credit_limit.currency();
            return Err(error::field("/limit/currency", &format!("the account is in {currency}")));
        }
        store::set_limit(tx, self.id, self.limit).await?;
        let entry = Entry::new("customers.credit-limit-set", "customer", &self.id)
            .before(Facts::new().with("limit", &account.credit_limit))
            .after(Facts::new().with("limit", &self.limit));
        record(tx, SERVICE, entry).await?;
        Reply::ok(&store::find_in(tx, self.id).await?.ok_or_else(error::no_account)?)
    }
}
