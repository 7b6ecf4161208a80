//! One file per verb.

pub(crate) mod change_cart;
pub(crate) mod complete_cart;
pub(crate) mod create_cart;
pub(crate) mod forget;
pub(crate) mod learn_product;
pub(crate) mod merge_cart;
pub(crate) mod quote_cart;
pub(crate) mod set_coupon;
pub(crate) mod set_promotion;
pub(crate) mod set_tax;
pub(crate) mod settle_coupon;
