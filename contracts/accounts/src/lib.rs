//! What accounts promises: who people and programs are, and the tokens that say so.
//!
//! Documents of OAuth 2.0 and OpenID Connect have the names that their standards give; all others are as everywhere in
//! the shop.

#![warn(missing_docs)]

mod client;
mod events;
mod password;
mod token;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Timestamp};
use tradewind_problem::Kind;

pub use client::AccountsClient;
pub use events::{AccountRegistered, PersonErased};
pub use password::Password;
pub use token::{
    Configuration, GRANTS, IssuedTokens, JsonWebKey, JsonWebKeys, TokenRefused, TokenRequest, UserInfo,
};

/// The name of the service.
pub const SERVICE: &str = "accounts";

/// Where accounts are registered.
pub const ACCOUNTS_PATH: &str = "/api/identity/v1/accounts";

/// Where tokens are issued (RFC 6749 §3.2).
pub const TOKEN_PATH: &str = "/api/identity/v1/token";

/// Where the keys for verifying tokens are shown (RFC 7517).
pub const KEYS_PATH: &str = "/api/identity/v1/jwks.json";

/// Where somebody sees who they are (OpenID Connect Core §5.3).
pub const USERINFO_PATH: &str = "/api/identity/v1/userinfo";

/// Where somebody sees everything that is kept of them.
pub const EXPORT_PATH: &str = "/api/identity/v1/me/export";

/// Where somebody has everything removed that is kept of them.
pub const ERASURE_PATH: &str = "/api/identity/v1/me/erasure";

/// The least length of a password, in characters.
pub const MIN_PASSWORD: usize = 12;

/// The greatest length of a password, in characters.
pub const MAX_PASSWORD: usize = 256;

/// The least length of the secret of a client, in characters: programs can keep long ones.
pub const MIN_CLIENT_SECRET: usize = 32;

/// Somebody has an account with this address already.
pub const EMAIL_TAKEN: Kind =
    Kind { code: "email-taken", status: 409, title: "The e-mail address has an account" };

/// The person behind the account was erased; nothing is kept of them again.
pub const PERSON_ERASED: Kind = Kind { code: "person-erased", status: 409, title: "The person was erased" };

/// Too much was tried from one place.
pub const TOO_MANY_ATTEMPTS: Kind =
    Kind { code: "too-many-attempts", status: 429, title: "There were too many attempts" };

/// What somebody may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Buys, and sees what is their own.
    Customer,
    /// Works for the shop.
    Staff,
    /// Looks after the shop.
    Admin,
    /// A program.
    Service,
}

/// Makes an account for oneself: `POST /api/identity/v1/accounts`.
///
/// It takes no `Idempotency-Key`: what is kept for a key holds a fingerprint of the body, and a password leaves none. Sent
/// again it is refused as `email-taken`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterAccount {
    /// What they are called, 1 to 200 characters.
    #[schemars(length(min = 1, max = 200), example = &"Ada")]
    pub name: String,
    /// Their e-mail address, by which they sign in; upper and lower case are the same.
    #[schemars(length(min = 3, max = 254), example = &"ada@example.com")]
    pub email: String,
    /// Their password, 12 to 256 characters.
    #[schemars(length(min = 12, max = 256), example = &"correct horse battery")]
    pub password: Password,
}

/// The answer to a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// The account; as a customer they have the same id.
    pub account_id: Id,
}

/// Makes or changes the account with an id: `PUT /admin/accounts/{id}`, internal door. Again it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutAccount {
    /// What they are called, 1 to 200 characters.
    #[schemars(length(min = 1, max = 200), example = &"Ada")]
    pub name: String,
    /// Their e-mail address.
    #[schemars(length(min = 3, max = 254), example = &"ada@shop.example")]
    pub email: String,
    /// Their password, 12 to 256 characters. Who was signed in stays so only if it is the same as before.
    #[schemars(length(min = 12, max = 256), example = &"correct horse battery")]
    pub password: Password,
    /// What they may be: customer, staff, admin.
    #[schemars(length(min = 1))]
    pub roles: Vec<Role>,
}

/// Says what somebody may be: `PUT /admin/accounts/{id}/roles`, internal door. Tokens that were issued before say what
/// was true then, until they expire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantRoles {
    /// What they may be from now on: customer, staff, admin; at least one.
    #[schemars(length(min = 1))]
    pub roles: Vec<Role>,
}

/// Makes a program known, or changes its secret: `PUT /admin/clients/{id}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutClient {
    /// What it shows to get tokens, 32 to 256 characters.
    #[schemars(length(min = 32, max = 256), example = &"0123456789abcdef0123456789abcdef")]
    pub secret: Password,
}

/// The key with which what is kept of a person elsewhere is sealed: `GET /admin/people/{id}/key`, internal door. When it
/// is gone, nobody can read that any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonKey {
    /// What a [sealer](https://en.wikipedia.org/wiki/Authenticated_encryption) is made of.
    pub key: Password,
    /// What they are called, for whoever seals it.
    pub name: String,
}

/// How somebody is reached by mail: `GET /admin/people/{id}/contact`, internal door. Who asks uses it and keeps it nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// What they are called.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whoever logs it tells nobody who they are.
        f.write_str("Contact")
    }
}

/// Has everything removed that is kept of whoever asks: `POST /api/identity/v1/me/erasure`. It cannot be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EraseMe {
    /// The password, so that a token that was left lying about is not enough.
    pub password: Password,
}

/// Everything that accounts keeps of whoever asks: `GET /api/identity/v1/me/export`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Export {
    /// The account.
    pub account_id: Id,
    /// What they are called.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// What they may be.
    pub roles: Vec<Role>,
    /// When they registered.
    pub registered_at: Timestamp,
    /// Where they are signed in, or were until lately.
    pub sessions: Vec<Session>,
}

/// Somebody signed in, and stays so by refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Since when.
    pub began_at: Timestamp,
    /// Until when at most.
    pub expires_at: Timestamp,
    /// Whether it was ended before that.
    pub ended: bool,
}
