//! What the doors work with.

use std::time::Duration;

use tradewind_db::Db;
use tradewind_kernel::{Clock, Entropy};

use crate::config::Lockout;
use crate::keyring::Keyring;
use crate::passwords::Passwords;

/// What the doors work with.
pub(crate) struct Accounts {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) passwords: Passwords,
    pub(crate) keyring: Keyring,
    pub(crate) lockout: Lockout,
    /// What tokens say of who issued them, and for whom they are.
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) access_token_ttl: Duration,
    pub(crate) refresh_token_ttl: Duration,
}
