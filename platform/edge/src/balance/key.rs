//! What requests have in common that belong to one endpoint.

use crate::hash;

/// The key of a request: what has the same one goes to the same endpoint. The same in every process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(pub(super) u64);

impl Key {
    /// The key of some bytes: an address, or the value of a header.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hash::of(0, bytes))
    }
}
