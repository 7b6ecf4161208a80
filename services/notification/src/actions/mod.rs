//! One file per verb.

pub(crate) mod forget;
pub(crate) mod learn_order;
pub(crate) mod notify;
pub(crate) mod set_preferences;

#[cfg(test)]
mod tests;
