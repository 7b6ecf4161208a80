//! One file per verb.

pub(crate) mod confirm;
pub(crate) mod credit_invoice;
pub(crate) mod expire;
pub(crate) mod forget;
pub(crate) mod invoice;
pub(crate) mod open;
pub(crate) mod register;
pub(crate) mod release;
pub(crate) mod reserve;
pub(crate) mod set_credit_limit;
