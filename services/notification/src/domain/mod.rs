//! Whether somebody is told something; pure.

mod decide;
mod news;

pub(crate) use decide::{Decision, Policy, decide, usual, wished};
pub(crate) use news::{Content, Known, News};
