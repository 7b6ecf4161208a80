//! What the catalogue is about, without a database.

pub(crate) mod alike;
pub(crate) mod assemble;
pub(crate) mod availability;
pub(crate) mod bulk;
pub(crate) mod categories;
pub(crate) mod check;
pub(crate) mod cursor;
pub(crate) mod filter;
pub(crate) mod page;
pub(crate) mod words;
