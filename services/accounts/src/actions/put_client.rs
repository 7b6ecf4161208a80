//! Makes a program known, or forgets it.

use tradewind_accounts_contract::SERVICE;
use tradewind_audit::{Entry, Facts, record};
use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Slug;

use crate::store::clients;

pub(crate) struct PutClient {
    pub(crate) id: Slug,
    /// What is kept of its secret; none to forget the program.
    pub(crate) secret: Option<String>,
}

impl Work for PutClient {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let entry = |action| Entry::new(action, "program", &self.id);
        match &self.secret {
            Some(secret) => {
                let entry = entry("accounts.program-set").after(Facts::new().secret("secret"));
                record(tx, SERVICE, entry).await?;
                clients::set(tx, &self.id, secret).await
            }
            None => {
                record(tx, SERVICE, entry("accounts.program-removed")).await?;
                clients::remove(tx, &self.id).await
            }
        }
    }
}
