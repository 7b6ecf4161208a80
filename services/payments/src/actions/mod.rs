//! One file per verb.

pub(crate) mod ask_refund;
pub(crate) mod book_invoice;
pub(crate) mod change;
pub(crate) mod compare;
pub(crate) mod decide_refund;
pub(crate) mod forget_person;
pub(crate) mod hear_callback;
pub(crate) mod record;
pub(crate) mod refund;
