//! Access tokens that say who asks: JSON Web Tokens (RFC 7519, in the profile of RFC 9068) signed with Ed25519.
//!
//! [`SigningKey`] issues them, [`KeySet`] is what everybody may know of the keys (RFC 7517), and [`verify`] judges a
//! token by it. Nothing here waits, reads a clock or keeps a state: moments and randomness are given.
//!
//! There is one algorithm, and it belongs to the key. What the header of a token says of it is compared and never
//! followed (RFC 8725 §3.1), so that neither `none` nor another algorithm gets anywhere.

#![warn(missing_docs)]

mod claims;
mod compact;
mod key_set;
mod refusal;
mod seal;
mod signing;
mod verify;

pub use claims::Claims;
pub use key_set::{KeySet, KeySetError, PublicKey};
pub use refusal::{MAX_TOKEN, Refusal};
pub use seal::{Sealer, Unopened};
pub use signing::SigningKey;
pub use verify::{Expected, LEEWAY, key_id, verify};
