//! Makes an empty cart.

use std::time::Duration;

use tradewind_cart_contract::{CartId, CreateCart};
use tradewind_db::{Tx, Work};
use tradewind_kernel::{Entropy, Id};
use tradewind_problem::Problem;

use crate::error;
use crate::store::carts::{self, Cart};
use crate::store::terms;

pub(crate) struct Create {
    pub(crate) id: CartId,
    pub(crate) owner: Option<Id>,
    pub(crate) wanted: CreateCart,
    pub(crate) expiry: Duration,
}

impl Work for Create {
    type Output = Cart;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Cart, Problem> {
        let CreateCart { country, currency } = self.wanted;
        if terms::tax(tx, country).await?.is_none() {
            return Err(error::country_not_served());
        }
        carts::create(tx, (self.id, self.owner), (country, currency), self.expiry).await?;
        carts::find(tx, self.id, self.owner).await?.ok_or_else(error::no_cart)
    }
}

/// An id that tells nothing and cannot be guessed: 122 random bits (RFC 9562, version 4).
pub(crate) fn random_id(entropy: &Entropy) -> Id {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Id::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_id_of_a_cart_is_random_and_says_nothing_of_the_time() {
        let entropy = Entropy::seeded(1);
        let ids: Vec<String> = (0..1_000).map(|_| random_id(&entropy).to_string()).collect();
        assert!(ids.iter().all(|id| &id[14..15] == "4" && ["8", "9", "a", "b"].contains(&&id[19..20])));
        let beginnings: BTreeSet<&str> = ids.iter().map(|id| &id[..8]).collect();
        assert_eq!(beginnings.len(), 1_000);
    }
}
