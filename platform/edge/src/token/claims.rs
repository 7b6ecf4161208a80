//! What a token says.

use serde::Deserialize;
use serde_json::Value;

use crate::token::refusal::Refusal;

/// What a token says of whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who issued it: `iss`.
    pub issuer: String,
    /// For whom it is: `aud`.
    pub audience: Vec<String>,
    /// Whom it speaks of: `sub`.
    pub subject: Option<String>,
    /// The program that it was issued to: `client_id` (RFC 9068), or `azp` (OpenID Connect).
    pub client: Option<String>,
    /// The token itself: `jti`.
    pub id: Option<String>,
    /// What it may be used for: `scope` (RFC 8693 §4.2) and `scp`, as a list or as words with spaces between them.
    pub scopes: Vec<String>,
    /// What they may be: `roles`.
    pub roles: Vec<String>,
    /// Where they belong: `groups`.
    pub groups: Vec<String>,
    /// Until when it is valid, in seconds since 1970: `exp`.
    pub expires_at: u64,
    /// From when it is valid, in seconds since 1970: `nbf`.
    pub not_before: u64,
}

impl Claims {
    /// Whether one of the scopes is `scope`.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|each| each == scope)
    }

    /// Whether one of the roles is `role`.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|each| each == role)
    }

    /// Whether one of the groups is `group`.
    #[must_use]
    pub fn is_in_group(&self, group: &str) -> bool {
        self.groups.iter().any(|each| each == group)
    }

    /// Reads the claims of a token. One that says anything twice is refused (RFC 7519 §4).
    pub(super) fn parse(json: &[u8]) -> Result<Self, Refusal> {
        let wire: Wire = serde_json::from_slice(json).map_err(|_| Refusal::Malformed)?;
        let expires_at = wire.exp.as_ref().ok_or(Refusal::NoExpiry)?;
        let mut scopes = words(wire.scope);
        scopes.extend(words(wire.scp));
        Ok(Self {
            issuer: wire.iss.ok_or(Refusal::WrongIssuer)?,
            audience: texts(wire.aud),
            subject: wire.sub,
            client: wire.client_id.or(wire.azp),
            id: wire.jti,
            scopes,
            roles: texts(wire.roles),
            groups: texts(wire.groups),
            expires_at: seconds(expires_at, f64::floor)?,
            not_before: wire.nbf.as_ref().map_or(Ok(0), |value| seconds(value, f64::ceil))?,
        })
    }
}

/// The claims as they are written. Whatever decides by being absent is read loosely: a claim of a form that is not known
/// gives no scope, role or audience.
#[derive(Deserialize)]
struct Wire {
    iss: Option<String>,
    aud: Option<Value>,
    sub: Option<String>,
    client_id: Option<String>,
    azp: Option<String>,
    jti: Option<String>,
    scope: Option<Value>,
    scp: Option<Value>,
    roles: Option<Value>,
    groups: Option<Value>,
    exp: Option<Value>,
    nbf: Option<Value>,
}

/// A text, or a list of them (RFC 7519 §4.1.3).
fn texts(value: Option<Value>) -> Vec<String> {
    let text = |value| if let Value::String(text) = value { Some(text) } else { None };
    match value {
        Some(Value::Array(values)) => values.into_iter().filter_map(text).collect(),
        Some(value) => text(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Words with spaces between them, or a list of words.
fn words(value: Option<Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => {
            text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
        }
        value => texts(value),
    }
}

/// A date (RFC 7519 §2, NumericDate), which may have a fraction; what lies before 1970 is 1970.
fn seconds(value: &Value, rounded: fn(f64) -> f64) -> Result<u64, Refusal> {
    match value {
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(seconds), _) => Ok(seconds),
            // Casting keeps within the bounds of the number.
            (None, Some(seconds)) => Ok(rounded(seconds) as u64),
            (None, None) => Err(Refusal::Malformed),
        },
        _ => Err(Refusal::Malformed),
    }
}
