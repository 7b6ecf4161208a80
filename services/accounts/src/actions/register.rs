//! Makes an account.

use tradewind_accounts_contract::{AccountRegistered, EMAIL_TAKEN};
use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_problem::Problem;

use crate::store::accounts::{self, Account};

pub(crate) struct Register {
    pub(crate) account: Account,
    /// The key of the person, sealed.
    pub(crate) sealed_key: Vec<u8>,
}

impl Work for Register {
    type Output = ();
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(), Problem> {
        if accounts::find_by_email_in(tx, &self.account.email).await?.is_some() {
            return Err(email_taken());
        }
        accounts::add(tx, &self.account, &self.sealed_key).await?;
        announce(tx, &AccountRegistered { account_id: self.account.id }).await?;
        Ok(())
    }
}

/// Somebody has an account with this address already.
pub(crate) fn email_taken() -> Problem {
    Problem::new(&EMAIL_TAKEN)
        .detail("Sign in instead, or take another address.")
        .error("/email", "it is taken")
}
