//! Removes a person: who they are, their key, and their sessions.

use tradewind_accounts_contract::PersonErased;
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;

use crate::store::{accounts, attempts, sessions};

pub(crate) struct Erase {
    pub(crate) id: Id,
    /// The digest under which attempts at the account are held.
    pub(crate) subject: Vec<u8>,
}

impl Work for Erase {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        sessions::end_all(tx, self.id).await?;
        attempts::remove(tx, &self.subject).await?;
        if accounts::erase(tx, self.id).await? {
            announce(tx, &PersonErased { account_id: self.id }).await?;
        }
        Ok(())
    }
}
