//! Refusals and their problem codes.

use tradewind_kernel::{Currency, MoneyError, Slug};
use tradewind_problem::{CONFLICT, INVALID_BODY, Kind, NOT_FOUND, Problem};

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
    /// The sum of the lines cannot be expressed.
    ORDER_TOO_LARGE = "order-too-large", 422, "The order is too large";
    /// There is nothing in the cart.
    CART_EMPTY = "cart-empty", 409, "The cart is empty";
    /// There are as many products in the cart as there may be.
    CART_FULL = "cart-full", 409, "The cart is full";
    /// An order was made of the cart.
    CART_COMPLETED = "cart-completed", 409, "The cart is completed";
    /// The cart is not what was quoted.
    CART_CHANGED = "cart-changed", 409, "The cart has changed since it was quoted";
    /// The cart is a guest's.
    GUEST_CART = "guest-cart", 409, "The cart is a guest's";
    /// The quote holds no more.
    QUOTE_EXPIRED = "quote-expired", 409, "The quote has expired";
    /// Nobody knows the coupon, or it is not in force.
    COUPON_NOT_VALID = "coupon-not-valid", 409, "The coupon is not valid";
    /// The coupon is redeemed as often as it may be.
    COUPON_USED_UP = "coupon-used-up", 409, "The coupon is used up";
    /// A product has no price in the currency of the cart.
    NOT_PRICED = "not-priced", 409, "A product has no price in this currency";
    /// There is no rate of tax for the country.
    COUNTRY_NOT_SERVED = "country-not-served", 409, "Nothing is sent to this country";
}

/// There is no such cart, or it belongs to somebody else.
pub(crate) fn no_cart() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no cart with this id.")
}

/// There is no such coupon.
pub(crate) fn no_coupon() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no coupon with this code.")
}

/// A field that does not fit.
pub(crate) fn field(pointer: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error(pointer, detail)
}

/// A product is not on sale.
pub(crate) fn unknown_product(product: &Slug) -> Problem {
    Problem::new(&UNKNOWN_PRODUCT).detail(format!("No product {product} is on sale. Correct the address."))
}

/// There are as many products in the cart as there may be.
pub(crate) fn full() -> Problem {
    Problem::new(&CART_FULL).detail("A cart has at most 100 lines. Take something out first.")
}

/// An order was made of the cart.
pub(crate) fn completed() -> Problem {
    Problem::new(&CART_COMPLETED).detail("An order was made of this cart. Begin another one.")
}

/// There is nothing in the cart.
pub(crate) fn empty() -> Problem {
    Problem::new(&CART_EMPTY).detail("There is nothing in the cart. Put something in first.")
}

/// The cart is not what was quoted.
pub(crate) fn changed() -> Problem {
    Problem::new(&CART_CHANGED).detail("The cart was changed after the quote. Ask for another quote.")
}

/// The cart is a guest's.
pub(crate) fn guest_cart() -> Problem {
    Problem::new(&GUEST_CART).detail("Merge the cart into one of your own, and complete that.")
}

/// The quote holds no more.
pub(crate) fn quote_expired() -> Problem {
    Problem::new(&QUOTE_EXPIRED).detail("The cart has no such quote, or not any more. Ask for another one.")
}

/// Nobody knows the coupon, or it is not in force.
pub(crate) fn coupon_not_valid() -> Problem {
    Problem::new(&COUPON_NOT_VALID)
        .detail("There is no such coupon, or it is not in force now. Take it out of the cart.")
}

/// The coupon is redeemed as often as it may be.
pub(crate) fn coupon_used_up() -> Problem {
    Problem::new(&COUPON_USED_UP)
        .detail("The coupon was redeemed as often as it may be. Take it out of the cart.")
}

/// The limit would be less than what is redeemed.
pub(crate) fn limit_too_low() -> Problem {
    Problem::new(&CONFLICT)
        .detail("The coupon is redeemed more often than that already. Set a limit that is not below it.")
}

/// Products have no price in the currency of the cart.
pub(crate) fn not_priced(products: &[Slug], currency: Currency) -> Problem {
    let problem = Problem::new(&NOT_PRICED)
        .detail("Take the products named in errors out of the cart, or choose another currency.");
    products.iter().fold(problem, |problem, product| {
        problem.error(format!("/lines/{product}"), format!("product {product} has no price in {currency}"))
    })
}

/// There is no rate of tax for the country.
pub(crate) fn country_not_served() -> Problem {
    Problem::new(&COUNTRY_NOT_SERVED).detail("Nothing is sent to this country. Choose another one.")
}

/// The way to pay does not fit.
pub(crate) fn payment(detail: &str) -> Problem {
    field("/payment/method", detail)
}

/// The lines cannot be added up.
pub(crate) fn sum(error: MoneyError) -> Problem {
    match error {
        MoneyError::Overflow => {
            Problem::new(&ORDER_TOO_LARGE).detail("The sum is too large. Order less at a time.")
        }
        other => Problem::internal(other),
    }
}
