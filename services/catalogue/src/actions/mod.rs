//! One file per verb.

pub(crate) mod list_product;
