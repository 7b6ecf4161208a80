//! Access tokens of other issuers: JSON Web Tokens (RFC 7519), verified with the issuer's published keys (RFC 7517).
//!
//! `platform/token` has the tokens that the fleet issues itself, in one profile with one algorithm. Here are those of
//! anybody whom an operator trusts: several kinds of keys, claims that differ between issuers, sets of keys that are
//! fetched and change. The rules are the same (RFC 8725): the algorithm belongs to the key and is compared with what a
//! token says, never taken from it; issuer and audience are required; nothing without an end is accepted.

mod algorithm;
mod cache;
mod claims;
mod compact;
mod key_set;
mod refresh;
mod refusal;
mod verify;

pub use algorithm::Algorithm;
pub use cache::VerifiedCache;
pub use claims::Claims;
pub use key_set::{KeySet, KeySetError, MAX_KEY_SET, MAX_KEYS, SkippedKey};
pub use refresh::{Refresh, RefreshSettings};
pub use refusal::{MAX_TOKEN, Refusal};
pub use verify::{Profile, verify};

#[cfg(test)]
mod tests;
