//! The compact form of a signed token: header, claims and signature, each in base64url (RFC 7515 §7.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::refusal::{MAX_TOKEN, Refusal};

/// The one algorithm (RFC 8037 §3.1).
pub(crate) const ALGORITHM: &str = "EdDSA";

/// The type of an access token (RFC 9068 §2.1).
pub(crate) const TYPE: &str = "at+jwt";

/// What a header may say; what is unknown is passed over, but for `crit`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) typ: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kid: Option<String>,
    /// Extensions that must be understood (RFC 7515 §4.1.11). None is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) crit: Option<serde_json::Value>,
}

/// A token taken apart; nothing of it is verified.
pub(crate) struct Parts<'a> {
    pub(crate) header: Header,
    /// Header and claims as they were signed.
    pub(crate) signed: &'a str,
    pub(crate) claims: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(token: &'a str) -> Result<Self, Refusal> {
        if token.len() > MAX_TOKEN {
            return Err(Refusal::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Refusal::Malformed)?;
        let header = serde_json::from_slice(&decode(header)?).map_err(|_| Refusal::Malformed)?;
        Ok(Self { header, signed, claims: decode(claims)?, signature: decode(signature)? })
    }
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::Malformed)
}
