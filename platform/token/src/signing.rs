//! Keys that issue tokens.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use tradewind_kernel::{Entropy, Secret};

use crate::claims::{Claims, Wire};
use crate::compact::{ALGORITHM, Header, TYPE, encode};
use crate::key_set::PublicKey;
use crate::seal::{Sealer, Unopened};

/// The length of the secret that a key is made of, in bytes.
const SEED: usize = 32;

/// A key that issues tokens: Ed25519.
pub struct SigningKey {
    seed: [u8; SEED],
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// A new key; `None` when the cryptographic library refuses to work.
    #[must_use]
    pub fn generate(entropy: &Entropy) -> Option<Self> {
        let mut seed = [0; SEED];
        entropy.fill(&mut seed);
        Self::from_seed(seed)
    }

    fn from_seed(seed: [u8; SEED]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
        let public = PublicKey::new(pair.public_key().as_ref().try_into().ok()?);
        Some(Self { seed, pair, public })
    }

    /// What everybody may know of it.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Issues a token.
    #[must_use]
    pub fn issue(&self, claims: &Claims) -> Secret {
        let header = Header {
            alg: ALGORITHM.to_owned(),
            typ: Some(TYPE.to_owned()),
            kid: Some(self.public.id().to_owned()),
            crit: None,
        };
        // Neither has anything in it that JSON could not hold.
        let header = serde_json::to_vec(&header).unwrap_or_default();
        let claims = serde_json::to_vec(&Wire::from(claims)).unwrap_or_default();
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = encode(self.pair.sign(signed.as_bytes()));
        Secret::new(format!("{signed}.{signature}"))
    }

    /// The key as it may be kept: sealed under its id.
    ///
    /// # Errors
    /// When the cryptographic library refuses to work.
    pub fn sealed(&self, sealer: &Sealer, entropy: &Entropy) -> Result<Vec<u8>, Unopened> {
        sealer.seal(self.public.id(), &self.seed, entropy)
    }

    /// Opens what [`SigningKey::sealed`] gave for the key called `id`.
    ///
    /// # Errors
    /// When it was sealed with another key, changed, or is the key of another id.
    pub fn open(id: &str, sealed: &[u8], sealer: &Sealer) -> Result<Self, Unopened> {
        let seed = sealer.open(id, sealed)?.try_into().map_err(|_| Unopened)?;
        Self::from_seed(seed).filter(|key| key.public.id() == id).ok_or(Unopened)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.id())
    }
}
