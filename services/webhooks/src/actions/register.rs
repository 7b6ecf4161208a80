//! Makes an endpoint known, with its first secret; and removes one.

use tradewind_db::{Tx, Work};
use tradewind_kernel::Id;
use tradewind_problem::Problem;
use tradewind_webhooks_contract::{Endpoint, MAX_ENDPOINTS, RegisterEndpoint};

use crate::error;
use crate::store::{self, secrets, secrets::Sealed};

pub(crate) struct Register {
    pub(crate) id: Id,
    pub(crate) endpoint: RegisterEndpoint,
    pub(crate) secret: Sealed,
    /// Those whose events are followed.
    pub(crate) producers: Vec<&'static str>,
}

impl Work for Register {
    /// Whether it is new.
    type Output = bool;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<bool, Problem> {
        if let Some(known) = store::find(tx, self.id).await? {
            return if self.is(&known) { Ok(false) } else { Err(error::other_endpoint()) };
        }
        if store::count(tx).await? >= MAX_ENDPOINTS {
            return Err(error::too_many_endpoints());
        }
        store::add(tx, self.id, &self.endpoint, &self.producers).await?;
        secrets::add(tx, self.id, &self.secret).await?;
        Ok(true)
    }
}

impl Register {
    fn is(&self, known: &Endpoint) -> bool {
        let RegisterEndpoint { url, types, about } = &self.endpoint;
        (url, types, about) == (&known.url, &known.types, &known.about)
    }
}

pub(crate) struct Remove {
    pub(crate) id: Id,
}

impl Work for Remove {
    type Output = ();
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(), Problem> {
        Ok(store::remove(tx, self.id).await?)
    }
}
