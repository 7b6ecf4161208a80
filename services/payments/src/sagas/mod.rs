//! One file per saga.

pub(crate) mod give_stray_back;
pub(crate) mod pay_by_card;
pub(crate) mod refund;
