//! The names of people, as shipping may keep them: sealed with the key of the person, which lies with accounts. When that
//! is gone, nobody can read them any more.

use std::fmt;

use tradewind_accounts_contract::{AccountsClient, PersonKey};
use tradewind_chassis::Dependency;
use tradewind_chassis::http::Call;
use tradewind_kernel::{Entropy, Id};
use tradewind_problem::{NOT_FOUND, Problem};
use tradewind_token::Sealer;

/// Asks accounts for the keys of people.
pub(crate) struct People {
    pub(crate) accounts: Dependency,
    pub(crate) entropy: Entropy,
}

impl People {
    /// The name of somebody for the parcel of an order, sealed; nothing when they have no account, or none any more.
    ///
    /// # Errors
    /// That accounts did not answer: a parcel without a name is not booked instead.
    pub(crate) async fn sealed(
        &self,
        call: &Call,
        (person, order): (Id, Id),
    ) -> Result<Option<Vec<u8>>, Problem> {
        let Some(key) = self.key(call, person).await? else { return Ok(None) };
        let sealed = sealer(&key)?.seal(&label(order), key.name.as_bytes(), &self.entropy);
        sealed.map(Some).map_err(Problem::internal)
    }

    /// The name on the parcel of an order; nothing when the person was erased, or accounts does not answer now: what else
    /// there is to show does not wait for it.
    pub(crate) async fn opened(
        &self,
        call: &Call,
        (person, order): (Id, Id),
        sealed: &[u8],
    ) -> Option<String> {
        let key = self.key(call, person).await.ok().flatten()?;
        let name = sealer(&key).ok()?.open(&label(order), sealed).ok()?;
        String::from_utf8(name).ok()
    }

    async fn key(&self, call: &Call, person: Id) -> Result<Option<PersonKey>, Problem> {
        match AccountsClient::new(self.accounts.caller(call)).person_key(person).await {
            Ok(key) => Ok(Some(key)),
            Err(problem) if problem.is(&NOT_FOUND) => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

fn sealer(key: &PersonKey) -> Result<Sealer, Problem> {
    Sealer::new(key.key.secret())
        .ok_or_else(|| Problem::internal("the cryptographic library refuses to work"))
}

/// A name belongs to one parcel: moved to another it does not open.
fn label(order: Id) -> String {
    format!("recipient of {order}")
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("People")
    }
}
