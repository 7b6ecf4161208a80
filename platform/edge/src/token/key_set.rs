//! The keys that an issuer publishes: a JSON Web Key Set (RFC 7517 §5).

use aws_lc_rs::signature::ParsedPublicKey;
use serde::Deserialize;
use serde_json::Value;

use crate::token::algorithm::Algorithm;
use crate::token::compact::decode;
use crate::token::refusal::Refusal;

/// The longest set that is read, in bytes.
pub const MAX_KEY_SET: usize = 256 * 1024;

/// The greatest number of keys in a set: what a peer sends must not grow without a bound.
pub const MAX_KEYS: usize = 64;

/// The shortest and the longest modulus of RSA, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// Keys by which tokens are verified.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<Key>,
    skipped: Vec<SkippedKey>,
}

#[derive(Debug)]
pub(super) struct Key {
    id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) public: ParsedPublicKey,
}

/// A key of the set that verifies nothing, for those who look on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedKey {
    /// What it is called, if anything.
    pub id: Option<String>,
    /// Why it is not used.
    pub why: &'static str,
}

/// Why a text is no set of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// It is too long.
    #[error("it is longer than {MAX_KEY_SET} bytes")]
    TooLong,
    /// It is no JSON Web Key Set.
    #[error("it is no JSON Web Key Set: {0}")]
    Malformed(String),
    /// It has more keys than anybody needs.
    #[error("it has more than {MAX_KEYS} keys")]
    TooMany,
    /// None of its keys verifies tokens; to use it would refuse everybody.
    #[error("it has no key that verifies tokens")]
    Empty,
}

impl KeySet {
    /// Reads a set. A key of a kind, use or algorithm that is not known here is passed over (RFC 7517 §5), and so is
    /// one that is broken: the others still verify.
    ///
    /// # Errors
    /// When it is no set, is too large, or has no key that verifies tokens.
    pub fn from_json(text: &[u8]) -> Result<Self, KeySetError> {
        if text.len() > MAX_KEY_SET {
            return Err(KeySetError::TooLong);
        }
        let wire: Wire =
            serde_json::from_slice(text).map_err(|error| KeySetError::Malformed(error.to_string()))?;
        if wire.keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        let mut set = Self::default();
        for value in wire.keys {
            let id = value.get("kid").and_then(Value::as_str).map(str::to_owned);
            match Entry::deserialize(value).map_err(|_| "a member is missing, doubled or of a wrong type") {
                Ok(entry) => match entry.key() {
                    Ok((algorithm, public)) => set.keys.push(Key { id, algorithm, public }),
                    Err(why) => set.skipped.push(SkippedKey { id, why }),
                },
                Err(why) => set.skipped.push(SkippedKey { id, why }),
            }
        }
        if set.keys.is_empty() { Err(KeySetError::Empty) } else { Ok(set) }
    }

    /// The names and algorithms of the keys that verify tokens.
    pub fn keys(&self) -> impl Iterator<Item = (Option<&str>, Algorithm)> {
        self.keys.iter().map(|key| (key.id.as_deref(), key.algorithm))
    }

    /// The keys that do not, and why.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// The key that a token names. Keys of the same name differ in their algorithms; a token that names none is
    /// signed with the only key of its algorithm.
    pub(super) fn find(&self, id: Option<&str>, algorithm: &str) -> Result<&Key, Refusal> {
        let algorithm = Algorithm::named(algorithm).ok_or(Refusal::WrongAlgorithm)?;
        let mut named = self.keys.iter().filter(|key| id.is_none() || key.id.as_deref() == id).peekable();
        if named.peek().is_none() {
            return Err(Refusal::UnknownKey);
        }
        let mut fit = named.filter(|key| key.algorithm == algorithm);
        let key = fit.next().ok_or(Refusal::WrongAlgorithm)?;
        match fit.next() {
            Some(_) if id.is_none() => Err(Refusal::NoKeyId),
            _ => Ok(key),
        }
    }
}

#[derive(Deserialize)]
struct Wire {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Entry {
    kty: String,
    crv: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

const BROKEN: &str = "its numbers are missing or no key";

impl Entry {
    fn key(&self) -> Result<(Algorithm, ParsedPublicKey), &'static str> {
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err("it is not for signatures");
        }
        if self.key_ops.as_ref().is_some_and(|all| all.iter().all(|operation| operation != "verify")) {
            return Err("it is not for verifying");
        }
        let algorithm = self.algorithm()?;
        let public = match algorithm {
            Algorithm::Es256 => Algorithm::p256(&fixed(&self.x)?, &fixed(&self.y)?),
            Algorithm::EdDsa => Algorithm::ed25519(&fixed(&self.x)?),
            _ => {
                let (n, e) = (number(&self.n)?, number(&self.e)?);
                if !RSA_BITS.contains(&bits(&n)) {
                    return Err("its modulus is shorter than 2,048 bits or longer than 8,192");
                }
                if bits(&e) < 2 || e.last().is_none_or(|last| last % 2 == 0) {
                    return Err(BROKEN);
                }
                algorithm.rsa(&n, &e)
            }
        };
        public.map(|public| (algorithm, public)).ok_or(BROKEN)
    }

    /// The one algorithm of the key: what it says, if that is one of its kind, or the usual one of its kind.
    fn algorithm(&self) -> Result<Algorithm, &'static str> {
        let named = match &self.alg {
            Some(name) => Some(Algorithm::named(name).ok_or("its algorithm is not accepted")?),
            None => None,
        };
        let (usual, fits): (_, fn(Algorithm) -> bool) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => (Algorithm::Rs256, |it| !matches!(it, Algorithm::Es256 | Algorithm::EdDsa)),
            ("EC", Some("P-256")) => (Algorithm::Es256, |it| it == Algorithm::Es256),
            ("OKP", Some("Ed25519")) => (Algorithm::EdDsa, |it| it == Algorithm::EdDsa),
            _ => return Err("its kind is not known"),
        };
        let algorithm = named.unwrap_or(usual);
        if fits(algorithm) { Ok(algorithm) } else { Err("its algorithm is not one of its kind") }
    }
}

/// A number, without zeros in front.
fn number(text: &Option<String>) -> Result<Vec<u8>, &'static str> {
    let mut bytes = text.as_deref().and_then(|text| decode(text).ok()).ok_or(BROKEN)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.drain(..zeros);
    Ok(bytes)
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

fn fixed(text: &Option<String>) -> Result<[u8; 32], &'static str> {
    let bytes = text.as_deref().and_then(|text| decode(text).ok()).ok_or(BROKEN)?;
    bytes.try_into().map_err(|_| BROKEN)
}
