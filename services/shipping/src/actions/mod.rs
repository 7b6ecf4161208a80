//! One file per verb.

pub(crate) mod advance;
pub(crate) mod book;
pub(crate) mod cancel;
pub(crate) mod carry;

#[cfg(test)]
mod tests;
