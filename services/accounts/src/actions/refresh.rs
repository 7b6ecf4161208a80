//! Gives the next refresh token for the last one.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Id;

use crate::store::accounts::{self, Account};
use crate::store::sessions;

pub(crate) struct Refresh {
    /// The digest of the token that was shown.
    pub(crate) old: Vec<u8>,
    /// The digest of the next one.
    pub(crate) new: Vec<u8>,
}

/// What came of it.
pub(crate) enum Refreshed {
    /// Whose it is.
    For(Account),
    /// It was used before: somebody else has it. Nobody is signed in by this session any more.
    Stolen(Id),
    /// It is none, or over.
    Refused,
}

impl Work for Refresh {
    type Output = Refreshed;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Refreshed, DbError> {
        let Some(token) = sessions::find(tx, &self.old).await? else { return Ok(Refreshed::Refused) };
        if token.has_ended || token.expires_at <= tx.now() {
            return Ok(Refreshed::Refused);
        }
        if token.is_used {
            // A refusal that has to be remembered: it commits.
            sessions::end(tx, token.session).await?;
            return Ok(Refreshed::Stolen(token.session));
        }
        let Some(account) = accounts::find_in(tx, token.account).await? else {
            return Ok(Refreshed::Refused);
        };
        sessions::replace(tx, token.session, &self.old, &self.new).await?;
        Ok(Refreshed::For(account))
    }
}
