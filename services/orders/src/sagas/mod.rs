//! One file per saga.

pub(crate) mod fulfil_order;
