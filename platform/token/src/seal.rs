//! Keeping small secrets in a database that others may copy: AES-256-GCM.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest, Sha256};
use tradewind_kernel::{Entropy, Secret};

/// Seals and opens small secrets with one key.
pub struct Sealer(LessSafeKey);

/// What was sealed could not be opened: it was changed, or sealed with another key or under another label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is sealed cannot be opened with this key")]
pub struct Unopened;

impl Sealer {
    /// Seals with a key made of `secret`, which must be as hard to guess as 32 random bytes; `None` when the
    /// cryptographic library refuses to work.
    #[must_use]
    pub fn new(secret: &Secret) -> Option<Self> {
        let mut hash = Sha256::new();
        hash.update(b"tradewind seal 1\0");
        hash.update(secret.expose().as_bytes());
        let key = UnboundKey::new(&AES_256_GCM, hash.finalize().as_slice()).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// Seals `plain`, so that it opens under `label` only: what is moved to another row does not open there.
    ///
    /// # Errors
    /// When the cryptographic library refuses to work.
    pub fn seal(&self, label: &str, plain: &[u8], entropy: &Entropy) -> Result<Vec<u8>, Unopened> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = plain.to_vec();
        let number = Nonce::assume_unique_for_key(nonce);
        let label = Aad::from(label.as_bytes());
        self.0.seal_in_place_append_tag(number, label, &mut sealed).map_err(|_| Unopened)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed under `label`.
    ///
    /// # Errors
    /// When it does not open.
    pub fn open(&self, label: &str, sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or(Unopened)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopened)?;
        let mut rest = rest.to_vec();
        let opened = self.0.open_in_place(nonce, Aad::from(label.as_bytes()), &mut rest);
        opened.map(|plain| plain.to_vec()).map_err(|_| Unopened)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_label_and_key_only() {
        let entropy = Entropy::seeded(1);
        let sealer = Sealer::new(&Secret::new("one")).unwrap();
        let sealed = sealer.seal("a", b"canary-4711", &entropy).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"canary"));
        assert_eq!(sealer.open("a", &sealed).unwrap(), b"canary-4711");
        assert_eq!(sealer.open("b", &sealed), Err(Unopened));
        assert_eq!(Sealer::new(&Secret::new("two")).unwrap().open("a", &sealed), Err(Unopened));
        assert_eq!(sealer.open("a", &sealed[..5]), Err(Unopened));
        let mut changed = sealed;
        changed[14] ^= 1;
        assert_eq!(sealer.open("a", &changed), Err(Unopened));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Sealer::new(&Secret::new("canary-4711"))), "Some(Sealer)");
    }
}
