//! Signs somebody in whose password was right.

use std::time::Duration;

use tradewind_db::{DbError, Tx, Work};

use crate::actions::attempt::{Subject, succeeded};
use crate::store::accounts::{self, Account};
use crate::store::sessions;

pub(crate) struct BeginSession {
    /// Whose password was right, as they were then.
    pub(crate) account: Account,
    /// The digest of the first refresh token.
    pub(crate) digest: Vec<u8>,
    /// How long they stay signed in.
    pub(crate) ttl: Duration,
    /// What the attempt was counted against.
    pub(crate) subjects: Vec<Subject>,
}

impl Work for BeginSession {
    /// The account as it is now; none when it was erased, or its password changed meanwhile.
    type Output = Option<Account>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Account>, DbError> {
        let account = accounts::find_in(tx, self.account.id).await?;
        let Some(account) = account.filter(|now| now.password == self.account.password) else {
            return Ok(None);
        };
        let expires_at = tx.now().plus(self.ttl);
        succeeded(tx, &self.subjects).await?;
        sessions::begin(tx, account.id, &self.digest, expires_at).await?;
        Ok(Some(account))
    }
}
