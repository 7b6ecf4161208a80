//! The documents of OAuth 2.0 and OpenID Connect.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::Id;

use crate::{Password, Role};

/// The ways to get a token: `grant_type`.
pub const GRANTS: [&str; 3] = ["password", "client_credentials", "refresh_token"];

/// Asks for a token: `POST /api/identity/v1/token`, as a form (RFC 6749 §4.3.2, §4.4.2, §6). What is not known is
/// ignored.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct TokenRequest {
    /// `password`, `client_credentials` or `refresh_token`.
    #[schemars(example = &"password")]
    pub grant_type: String,
    /// The e-mail address of whoever signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Their password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// The refresh token of the last answer. It is good for one use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Password>,
    /// Which program asks; it may also say so with `Authorization: Basic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The secret of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Password>,
}

impl TokenRequest {
    /// Signs in with a password.
    #[must_use]
    pub fn password(email: impl Into<String>, password: impl Into<String>) -> Self {
        let (username, password) = (Some(email.into()), Some(Password::new(password)));
        Self { grant_type: "password".to_owned(), username, password, ..Self::default() }
    }

    /// Stays signed in.
    #[must_use]
    pub fn refresh(token: Password) -> Self {
        Self { grant_type: "refresh_token".to_owned(), refresh_token: Some(token), ..Self::default() }
    }

    /// Signs a program in.
    #[must_use]
    pub fn client(id: impl Into<String>, secret: impl Into<String>) -> Self {
        let (client_id, client_secret) = (Some(id.into()), Some(Password::new(secret)));
        Self { grant_type: "client_credentials".to_owned(), client_id, client_secret, ..Self::default() }
    }
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither names nor secrets.
        write!(f, "TokenRequest({})", self.grant_type)
    }
}

/// Tokens (RFC 6749 §5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IssuedTokens {
    /// The access token, to be shown as `Authorization: Bearer …`.
    pub access_token: Password,
    /// Always `Bearer`.
    pub token_type: String,
    /// For how long the access token is good, in seconds.
    pub expires_in: u64,
    /// What the next tokens are had for; none for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Password>,
}

/// Why there is no token (RFC 6749 §5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenRefused {
    /// `invalid_request`, `invalid_client`, `invalid_grant`, `unauthorized_client`, `unsupported_grant_type`, or
    /// `slow_down` after too many attempts (RFC 8628 §3.5).
    pub error: String,
    /// What to change, for people.
    pub error_description: String,
}

/// Who somebody is: `GET /api/identity/v1/userinfo` (OpenID Connect Core §5.3.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserInfo {
    /// The account.
    pub sub: Id,
    /// What they are called.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Always `false`: no message is sent to find out.
    pub email_verified: bool,
    /// What they may be: what the next access token says of them.
    #[serde(default)]
    pub roles: Vec<Role>,
}

/// The keys for verifying tokens (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JsonWebKeys {
    /// Those of today, tomorrow and yesterday.
    pub keys: Vec<JsonWebKey>,
}

/// A key for verifying tokens: Ed25519 (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JsonWebKey {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// `EdDSA`.
    pub alg: String,
    /// What tokens call it: its thumbprint (RFC 7638).
    pub kid: String,
    /// The public key, in base64url.
    pub x: String,
}

/// Where everything is: `GET /.well-known/openid-configuration` (OpenID Connect Discovery §3, RFC 8414).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Configuration {
    /// What tokens have in `iss`.
    pub issuer: String,
    /// Where tokens are issued.
    pub token_endpoint: String,
    /// Where somebody sees who they are.
    pub userinfo_endpoint: String,
    /// Where the keys are.
    pub jwks_uri: String,
    /// The ways to get a token.
    pub grant_types_supported: Vec<String>,
    /// None: there is no authorization endpoint.
    pub response_types_supported: Vec<String>,
    /// `public`: everybody is called the same by all programs.
    pub subject_types_supported: Vec<String>,
    /// How tokens are signed.
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// How programs show their secret; `none` for people's own.
    pub token_endpoint_auth_methods_supported: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_names_nor_secrets() {
        let asked = TokenRequest::password("ada@example.com", "canary-4711");
        let told = format!("{asked:?} {:?}", TokenRequest::refresh(Password::new("canary-4711")));
        assert!(!told.contains("canary") && !told.contains("ada"), "{told}");
    }
}
