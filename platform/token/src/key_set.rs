//! What everybody may know of the keys.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::compact::{ALGORITHM, decode, encode};

/// The greatest number of keys in a set: what a peer sends must not grow without a bound.
const MAX_KEYS: usize = 16;

/// The length of an Ed25519 public key, in bytes.
const LENGTH: usize = 32;

/// The public half of a key: Ed25519 (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: String,
    bytes: [u8; LENGTH],
}

impl PublicKey {
    pub(crate) fn new(bytes: [u8; LENGTH]) -> Self {
        Self { id: thumbprint(&bytes), bytes }
    }

    /// What a token calls it: `kid`, the thumbprint of the key (RFC 7638).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The keys by which tokens are verified: a JSON Web Key Set (RFC 7517 §5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet(Vec<PublicKey>);

/// Why a text is no set of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// It is no JSON Web Key Set.
    #[error("it is no JSON Web Key Set: {0}")]
    Malformed(String),
    /// It has more keys than anybody needs.
    #[error("it has more than {MAX_KEYS} keys")]
    TooMany,
}

impl KeySet {
    /// These keys.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// The key called `id`.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&PublicKey> {
        self.0.iter().find(|key| key.id == id)
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a set. Keys of other kinds, uses and algorithms are passed over (RFC 7517 §5), so that a set may hold
    /// what this version does not know.
    ///
    /// # Errors
    /// When it is no set, or has more than 16 keys.
    pub fn from_json(text: &[u8]) -> Result<Self, KeySetError> {
        let wire: Wire =
            serde_json::from_slice(text).map_err(|error| KeySetError::Malformed(error.to_string()))?;
        if wire.keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        Ok(Self(wire.keys.iter().filter_map(Entry::key).collect()))
    }

    /// The set as a JSON document.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let keys = self.0.iter().map(|key| {
            serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM,
                "kid": key.id, "x": encode(key.bytes),
            })
        });
        serde_json::json!({ "keys": keys.collect::<Vec<_>>() })
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    keys: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    kty: String,
    crv: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    x: Option<String>,
}

impl Entry {
    /// The key, if it is one that verifies tokens.
    fn key(&self) -> Option<PublicKey> {
        let is_ours = self.kty == "OKP"
            && self.crv.as_deref() == Some("Ed25519")
            && self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.alg.as_deref().is_none_or(|alg| alg == ALGORITHM);
        let bytes = decode(self.x.as_deref()?).ok()?.try_into().ok()?;
        let id = self.kid.clone()?;
        is_ours.then_some(PublicKey { id, bytes })
    }
}

/// The thumbprint of a key (RFC 7638 §3, with the members of RFC 8037 §2).
fn thumbprint(bytes: &[u8; LENGTH]) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(bytes));
    encode(Sha256::digest(members.as_bytes()))
}
