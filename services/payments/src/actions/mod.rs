//! One file per verb.

pub(crate) mod book_invoice;
pub(crate) mod change;
pub(crate) mod compare;
pub(crate) mod hear_callback;
pub(crate) mod record;
pub(crate) mod refund;
