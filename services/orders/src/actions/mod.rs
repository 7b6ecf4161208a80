//! One file per verb.

pub(crate) mod advance_order;
pub(crate) mod begin_fulfilments;
pub(crate) mod cancel_order;
pub(crate) mod conclude_order;
pub(crate) mod happen;
pub(crate) mod learn;
pub(crate) mod place_order;
pub(crate) mod place_quoted;
