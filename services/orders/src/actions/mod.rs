//! One file per verb.

pub(crate) mod advance_order;
pub(crate) mod cancel_order;
pub(crate) mod learn;
pub(crate) mod place_order;
