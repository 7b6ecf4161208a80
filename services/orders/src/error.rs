//! Refusals and their problem codes.

use tradewind_kernel::MoneyError;
use tradewind_problem::{FORBIDDEN, INVALID_BODY, Kind, NOT_FOUND, Problem};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: Kind = Kind { code: $code, status: $status, title: $title };)*

        /// The kinds of problem besides the platform's.
        pub(crate) const KINDS: &[Kind] = &[$($name),*];
    };
}

kinds! {
    /// A line names a product that is not on sale.
    UNKNOWN_PRODUCT = "unknown-product", 422, "A product is not on sale";
    /// Nobody with this id may order.
    UNKNOWN_CUSTOMER = "unknown-customer", 422, "The customer is not known";
    /// The lines are priced in different currencies.
    MIXED_CURRENCIES = "mixed-currencies", 422, "The lines are in different currencies";
    /// The sum of the lines cannot be expressed.
    ORDER_TOO_LARGE = "order-too-large", 422, "The order is too large";
    /// Only an open order can be cancelled.
    ORDER_NOT_OPEN = "order-not-open", 409, "The order is not open";
    /// There are not enough of a product; the reason of a rejected order.
    SOLD_OUT = "sold-out", 409, "A product is sold out";
    /// The credit limit does not suffice; the reason of a rejected order.
    CREDIT_LIMIT_EXCEEDED = "credit-limit-exceeded", 409, "The credit limit is exceeded";
    /// The account is in another currency; the reason of a rejected order.
    OTHER_CURRENCY = "other-currency", 409, "The account is in another currency";
    /// A reservation expired before the order could be opened or confirmed; the reason of an order that ended.
    RESERVATION_EXPIRED = "reservation-expired", 409, "A reservation has expired";
    /// Stock or customers refused for a reason that this version does not know.
    REFUSED = "refused", 409, "The order was refused";
}

/// What placing an order may be refused with at once.
pub(crate) const PLACING: &[Kind] =
    &[FORBIDDEN, UNKNOWN_PRODUCT, UNKNOWN_CUSTOMER, MIXED_CURRENCIES, ORDER_TOO_LARGE];

/// There is no such order, or it belongs to somebody else.
pub(crate) fn no_order() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no order with this id.")
}

/// The number of lines lies outside its bounds.
pub(crate) fn number_of_lines() -> Problem {
    Problem::new(&INVALID_BODY)
        .detail("The body does not fit; see errors.")
        .error("/lines", "an order has 1 to 100 lines")
}

/// The way to pay is not known here.
pub(crate) fn payment_method() -> Problem {
    Problem::new(&INVALID_BODY)
        .detail("The body does not fit; see errors.")
        .error("/payment/method", "pay by account or by card")
}

/// The lines cannot be added up.
pub(crate) fn sum(error: MoneyError) -> Problem {
    match error {
        MoneyError::CurrencyMismatch => Problem::new(&MIXED_CURRENCIES)
            .detail("The products are priced in different currencies. Place one order for each currency."),
        _ => Problem::new(&ORDER_TOO_LARGE).detail("The sum is too large. Order less at a time."),
    }
}
