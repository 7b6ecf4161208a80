//! What a token says.

use serde::{Deserialize, Deserializer, Serialize};
use tradewind_kernel::{Id, Timestamp};

/// What a token says of whoever shows it (RFC 9068 §2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who issued it: `iss`.
    pub issuer: String,
    /// For whom it is: `aud`.
    pub audience: Vec<String>,
    /// Whom it speaks of: `sub`.
    pub subject: String,
    /// The program that it was issued to: `client_id`.
    pub client: String,
    /// What they may be: `roles`.
    pub roles: Vec<String>,
    /// Since when it is valid: `iat`, in whole seconds on the wire.
    pub issued_at: Timestamp,
    /// Until when it is valid: `exp`, in whole seconds on the wire.
    pub expires_at: Timestamp,
    /// The token itself: `jti`.
    pub id: Id,
}

impl Claims {
    /// Whether one of the roles is `role`.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|each| each == role)
    }
}

/// The claims as they are written.
#[derive(Serialize, Deserialize)]
pub(crate) struct Wire {
    iss: String,
    #[serde(deserialize_with = "one_or_many")]
    aud: Vec<String>,
    sub: String,
    client_id: String,
    #[serde(default)]
    roles: Vec<String>,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    jti: Id,
}

impl Wire {
    /// From when it is valid, in seconds: a later `nbf` counts.
    pub(crate) fn valid_from(&self) -> i64 {
        self.nbf.map_or(self.iat, |nbf| nbf.max(self.iat))
    }

    pub(crate) fn valid_until(&self) -> i64 {
        self.exp
    }
}

impl From<&Claims> for Wire {
    fn from(claims: &Claims) -> Self {
        Self {
            iss: claims.issuer.clone(),
            aud: claims.audience.clone(),
            sub: claims.subject.clone(),
            client_id: claims.client.clone(),
            roles: claims.roles.clone(),
            iat: seconds(claims.issued_at),
            exp: seconds(claims.expires_at),
            nbf: None,
            jti: claims.id,
        }
    }
}

impl From<Wire> for Claims {
    fn from(wire: Wire) -> Self {
        Self {
            issuer: wire.iss,
            audience: wire.aud,
            subject: wire.sub,
            client: wire.client_id,
            roles: wire.roles,
            issued_at: moment(wire.iat),
            expires_at: moment(wire.exp),
            id: wire.jti,
        }
    }
}

/// The whole seconds of a moment, as tokens count.
pub(crate) fn seconds(moment: Timestamp) -> i64 {
    moment.as_micros().div_euclid(1_000_000)
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}

/// `aud` is a text or a list of them (RFC 7519 §4.1.3).
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Audience::deserialize(deserializer)? {
        Audience::One(one) => vec![one],
        Audience::Many(many) => many,
    })
}
