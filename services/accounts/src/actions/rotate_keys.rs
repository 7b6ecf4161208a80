//! Makes the keys that are missing, and removes those that nobody needs.

use tradewind_db::{DbError, Tx, Work};

use crate::domain::rotation::{Policy, Times, missing};
use crate::store::keys::{self, Key};

/// A key that may be needed, made outside of the transaction.
pub(crate) struct Fresh {
    pub(crate) id: String,
    pub(crate) public: String,
    pub(crate) sealed: Vec<u8>,
}

pub(crate) struct RotateKeys {
    pub(crate) policy: Policy,
    /// As many as can be missing at once: today's and tomorrow's.
    pub(crate) fresh: [Fresh; 2],
    /// The ids of keys that were sealed with another secret: they sign nothing, and are shown until their time.
    pub(crate) unopened: Vec<String>,
}

impl Work for RotateKeys {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        keys::remove_old(tx).await?;
        let there = keys::all_in(tx).await?;
        let usable: Vec<Times> =
            there.iter().filter(|key| !self.unopened.contains(&key.id)).map(|key| key.times).collect();
        let last = there.iter().map(|key| key.number).max().unwrap_or_default();
        let made = missing(&usable, tx.now(), self.policy);
        for ((number, times), fresh) in (last + 1..).zip(made).zip(&self.fresh) {
            let (id, public, sealed) = (fresh.id.clone(), fresh.public.clone(), fresh.sealed.clone());
            keys::add(tx, &Key { number, id, public, sealed, times }).await?;
        }
        Ok(())
    }
}
