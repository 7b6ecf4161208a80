//! Says what somebody may be.

use tradewind_accounts_contract::Role;
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
        let is_there = accounts::grant(tx, self.id, &self.roles).await?;
        if is_there { Ok(()) } else { Err(Problem::new(&NOT_FOUND).detail("There is no such account.")) }
    }
}
