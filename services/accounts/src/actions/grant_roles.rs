//! Says what somebody may be.

use tradewind_accounts_contract::{Role, SERVICE};
use tradewind_audit::{Entry, Facts, record};
use tradewind_db::{Tx, Work};
use tradewind_kernel::Id;
use tradewind_problem::{NOT_FOUND, Problem};

use crate::store::accounts;

pub(crate) struct Grant {
    pub(crate) id: Id,
    pub(crate) roles: Vec<Role>,
}

impl Work for Grant {
    type Output = ();
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(), Problem> {
        let before = accounts::find_in(tx, self.id).await?;
        if !accounts::grant(tx, self.id, &self.roles).await? {
            return Err(Problem::new(&NOT_FOUND).detail("There is no such account."));
        }
        let entry = Entry::new("accounts.roles-granted", "account", &self.id)
            .before_if(before.map(|before| Facts::new().with("roles", &before.roles)))
            .after(Facts::new().with("roles", &self.roles));
        Ok(record(tx, SERVICE, entry).await.map(drop)?)
    }
}
