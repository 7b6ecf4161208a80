//! The compact form of a signed token: header, claims and signature, each in base64url (RFC 7515 §7.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::token::refusal::{MAX_TOKEN, Refusal};

/// What a header may say; what is unknown is passed over, but for `crit`. Keys and addresses of keys in it (`jwk`,
/// `jku`, `x5u`) are unknown on purpose: a token does not choose who verifies it.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
    /// Extensions that must be understood (RFC 7515 §4.1.11). None is, and an empty list is not allowed.
    #[serde(default, deserialize_with = "is_there")]
    pub(super) crit: Option<IgnoredAny>,
}

/// Whatever it is, `null` too.
fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<IgnoredAny>, D::Error> {
    IgnoredAny::deserialize(deserializer).map(Some)
}

/// A token taken apart; nothing of it is verified.
pub(super) struct Parts<'a> {
    pub(super) header: Header,
    /// Header and claims as they were signed.
    pub(super) signed: &'a str,
    pub(super) claims: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(token: &'a str) -> Result<Self, Refusal> {
        if token.len() > MAX_TOKEN {
            return Err(Refusal::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Refusal::Malformed)?;
        let header = serde_json::from_slice(&decode(header)?).map_err(|_| Refusal::Malformed)?;
        Ok(Self { header, signed, claims: decode(claims)?, signature: decode(signature)? })
    }
}

/// Decodes base64url without padding. There is one spelling of each value, so that a token has one text.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::Malformed)
}
