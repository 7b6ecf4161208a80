//! Keeps a card, without its number, behind a token.

use tradewind_db::{DbError, Tx, Work};
use tradewind_provider_contract::CardToken;

use crate::domain::KnownCard;
use crate::store;

pub(crate) struct RegisterCard {
    pub(crate) token: CardToken,
    pub(crate) card: KnownCard,
}

impl Work for RegisterCard {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        store::keep(tx, self.token, &self.card).await
    }
}
