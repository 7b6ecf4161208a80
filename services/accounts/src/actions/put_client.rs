//! Makes a program known, or forgets it.

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
        match &self.secret {
            Some(secret) => clients::set(tx, &self.id, secret).await,
            None => clients::remove(tx, &self.id).await,
        }
    }
}
