//! One file per verb.

pub(crate) mod attempt;
pub(crate) mod forget;
pub(crate) mod record;
pub(crate) mod retry;
pub(crate) mod send_test;

#[cfg(test)]
mod tests;
