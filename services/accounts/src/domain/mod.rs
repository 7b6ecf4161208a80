//! What an account is, and when keys and attempts come and go; pure.

pub(crate) mod attempts;
pub(crate) mod email;
pub(crate) mod rotation;
