//! One file per verb.

pub(crate) mod clean;
pub(crate) mod put;
pub(crate) mod remove;
