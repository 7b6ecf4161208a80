//! One file per verb.

pub(crate) mod attempt;
pub(crate) mod enable;
pub(crate) mod forget;
pub(crate) mod ping;
pub(crate) mod record;
pub(crate) mod register;
pub(crate) mod replay;
pub(crate) mod rotate;
