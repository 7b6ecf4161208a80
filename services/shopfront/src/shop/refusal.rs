//! What others refuse, in words.

use tradewind_pages::Message;
use tradewind_problem::Problem;

use crate::shop::words::*;

/// What cart refuses.
pub(crate) fn of_cart(problem: &Problem) -> Message {
    match problem.code() {
        "cart-empty" => CART_EMPTY,
        "cart-full" => CART_FULL,
        "unknown-product" => NOT_SOLD,
        "not-priced" => NOT_PRICED,
        "coupon-not-valid" => COUPON_NOT_VALID,
        "coupon-used-up" => COUPON_USED_UP,
        "country-not-served" => COUNTRY_NOT_SERVED,
        "order-too-large" => TOO_LARGE,
        "cart-changed" | "quote-expired" => QUOTE_OVER,
        _ if problem.is_server_fault() => TRY_AGAIN,
        _ => NOT_DONE,
    }
}

/// Why an order came to nothing, by the code that orders gives.
pub(crate) fn of_order(reason: &str) -> Message {
    match reason {
        "sold-out" => REASON_SOLD_OUT,
        "unknown-product" => NOT_SOLD,
        "credit-limit-exceeded" => REASON_CREDIT,
        "other-currency" => REASON_CURRENCY,
        "unknown-customer" => REASON_CUSTOMER,
        "card-declined" | "insufficient-funds" | "expired-card" | "stolen-card" | "charge-cancelled" => {
            REASON_CARD
        }
        "reservation-expired" => REASON_EXPIRED,
        _ => REASON_OTHER,
    }
}
