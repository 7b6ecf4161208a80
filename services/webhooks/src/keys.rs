//! Secrets of endpoints: made at random, and sealed before they reach the database.

use std::sync::Arc;

use tradewind_kernel::{Entropy, Id, Secret};
use tradewind_problem::Problem;
use tradewind_token::Sealer;

use crate::domain::{SECRET_BYTES, SigningSecret};
use crate::store::secrets::Sealed;

/// Makes, seals and opens secrets.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    sealer: Arc<Sealer>,
    entropy: Entropy,
}

impl Keys {
    pub(crate) fn new(secret: &Secret, entropy: Entropy) -> Result<Self, String> {
        let sealer =
            Sealer::new(secret).ok_or_else(|| "the cryptographic library refuses to work".to_owned())?;
        Ok(Self { sealer: Arc::new(sealer), entropy })
    }

    /// A new secret of an endpoint, for its owner and for the database.
    pub(crate) fn make(&self, endpoint: Id, id: Id) -> Result<(SigningSecret, Sealed), Problem> {
        let mut bytes = [0; SECRET_BYTES];
        self.entropy.fill(&mut bytes);
        let sealed =
            self.sealer.seal(&label(endpoint, id), &bytes, &self.entropy).map_err(Problem::internal)?;
        Ok((SigningSecret::new(bytes), Sealed { id, sealed }))
    }

    /// The secrets that were sealed; `None` when one of them was sealed with another key.
    pub(crate) fn open(&self, endpoint: Id, sealed: &[Sealed]) -> Option<Vec<SigningSecret>> {
        let open = |each: &Sealed| {
            let bytes = self.sealer.open(&label(endpoint, each.id), &each.sealed).ok()?;
            SigningSecret::from_bytes(&bytes)
        };
        sealed.iter().map(open).collect()
    }
}

/// What is moved to another endpoint does not open there.
fn label(endpoint: Id, id: Id) -> String {
    format!("webhooks/{endpoint}/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_for_its_endpoint_and_with_its_key_only() {
        let entropy = Entropy::seeded(1);
        let keys = |secret: &str| Keys::new(&Secret::new(secret), entropy.clone()).unwrap();
        let (one, two) = (Id::from_u128(1), Id::from_u128(2));
        let (secret, sealed) = keys("a").make(one, two).unwrap();
        let sealed = [sealed];
        let opened = keys("a").open(one, &sealed).unwrap();
        assert_eq!(opened[0].bytes(), secret.bytes());
        assert!(keys("a").open(two, &sealed).is_none() && keys("b").open(one, &sealed).is_none());
        assert!(!sealed[0].sealed.windows(8).any(|part| part == &secret.bytes()[..8]));
    }
}
