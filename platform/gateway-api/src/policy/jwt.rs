//! JSON Web Tokens (RFC 7519) in the `Authorization` header.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, Uri};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use super::read;

/// Which tokens a request needs. Where no policy has this, none is asked for: which doors are public only their owner
/// knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Jwt {
    /// Whether a request must carry a token. `Required` by default: who asks for tokens wants them.
    pub mode: JwtMode,
    /// Who may have issued a token, each with another issuer; none only where the mode is `Disabled`.
    pub providers: Vec<Provider>,
    /// Claims that the backend gets as headers. What a client sent under such a name is taken away, token or not, or
    /// it could say who it is.
    pub claim_to_headers: Vec<ClaimToHeader>,
    /// What a valid token must allow besides.
    pub authorization: Option<Authorization>,
}

/// Whether a request must carry a token. One that is there and not valid is refused either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum JwtMode {
    /// It must.
    Required,
    /// It may.
    Optional,
    /// Tokens are not looked at: takes back what a less specific policy asks for.
    Disabled,
}

/// Who may have issued a token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Provider {
    /// A name, for metrics and logs.
    pub name: String,
    /// The claim `iss` that tokens must have, letter by letter.
    pub issuer: String,
    /// The claim `aud` must name one of them. There is no default: without it a token that was issued for another
    /// service would do here.
    pub audiences: BTreeSet<String>,
    /// Those that signatures may use; all three by default. There is no HMAC: a gateway that can verify must not be
    /// able to sign.
    pub algorithms: Vec<Algorithm>,
    /// The public keys.
    pub jwks: Jwks,
}

/// How a token is signed (RFC 7518, RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Algorithm {
    /// RSA with SHA-256.
    RS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

/// Public keys (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwks {
    /// Where they come from.
    pub source: KeySource,
    /// How long keys are used before they are fetched again; 5 minutes by default, the time that a withdrawn key goes
    /// on counting. Keys of a name that is not known are looked for at once.
    pub cache_duration: Duration,
}

/// Where public keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// Fetched: by `https`, or by `http` from this machine.
    Uri(Uri),
    /// A file of the gateway's machine.
    File(PathBuf),
    /// They stand in the policy. [`Jwks::flaw`] looks at them.
    Inline(String),
}

/// A claim, and the header that carries it to the backend.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClaimToHeader {
    /// The name of the claim as it stands in the token; a dot is a part of the name.
    pub claim: String,
    /// The header; none that frames a message or says who sends it.
    #[serde(deserialize_with = "read::header")]
    pub header: HeaderName,
}

/// What a valid token must allow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    /// All of them must stand in the claim `scope` (RFC 8693 §4.2).
    pub scopes: BTreeSet<String>,
    /// One of them must stand in the claim [`Self::roles_claim`]; when empty, none is asked for.
    pub roles: BTreeSet<String>,
    /// `roles` by default, as tokens of the platform have it.
    pub roles_claim: String,
}

impl Jwks {
    /// What is wrong with keys that stand in the policy; a definition cannot look into them.
    #[must_use]
    pub fn flaw(&self) -> Option<String> {
        let KeySource::Inline(text) = &self.source else { return None };
        let Ok(set) = serde_json::from_str::<Json>(text) else { return Some("is not JSON".to_owned()) };
        let Some(keys) = set.get("keys").and_then(Json::as_array).filter(|keys| !keys.is_empty()) else {
            return Some("is no set of keys (RFC 7517 §5)".to_owned());
        };
        keys.iter().enumerate().find_map(|(index, key)| Some(format!("{} (keys[{index}])", flaw_of(key)?)))
    }
}

fn flaw_of(key: &Json) -> Option<&'static str> {
    match key.get("kty").and_then(Json::as_str) {
        Some("oct") => Some("holds a secret of HMAC, which is not taken"),
        Some("RSA" | "EC" | "OKP") if key.get("d").is_some() => {
            Some("holds a private key, which belongs to the issuer alone")
        }
        Some("RSA" | "EC" | "OKP") => None,
        _ => Some("holds a key of a kind that is not known"),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    uri: Option<String>,
    file: Option<PathBuf>,
    inline: Option<String>,
    #[serde(deserialize_with = "read::duration")]
    cache_duration: Duration,
}

impl<'de> Deserialize<'de> for Jwks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire { uri, file, inline, cache_duration } = Wire::deserialize(deserializer)?;
        let source = match (uri, file, inline) {
            (Some(uri), None, None) => KeySource::Uri(uri.parse().map_err(D::Error::custom)?),
            (None, Some(file), None) => KeySource::File(file),
            (None, None, Some(text)) => KeySource::Inline(text),
            _ => return Err(D::Error::custom("exactly one of uri, file and inline must be there")),
        };
        Ok(Self { source, cache_duration })
    }
}
