//! Read models.

pub(crate) mod full_text;
pub(crate) mod pages;
pub(crate) mod search;
