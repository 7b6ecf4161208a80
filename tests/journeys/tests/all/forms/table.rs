//! Every form of the fleet, with what its fields take. A form or a field that is not listed here fails a test.

/// Whose form it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Somebody who is not signed in.
    Guest,
    /// A customer of the shop, with something in the cart and an open order.
    Customer,
    /// Somebody who decides for the shop, in the back office.
    Admin,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// One line that people read, up to 200 characters.
    Text,
    /// Several lines that people read, up to 2,000 characters.
    Lines,
    /// Letters, digits and little else.
    Name,
    /// What nothing hostile is: a number, an id, an address for mails, a choice of few.
    Strict,
    /// The same, or nothing.
    StrictOrNone,
    /// An amount, or a percentage.
    Money,
    /// Where to go on: on this site.
    Return,
    /// What is not looked at when it does not fit.
    Ignored,
    /// What only says that it is there, or holds whatever somebody wants, such as a new password.
    Anything,
}

/// A field of a form.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub takes: Takes,
    /// What it takes; empty for what the page wrote into it. `{new}` stands for what was not used before.
    pub good: &'static str,
    /// Whether it is on the page only at times, such as when a question is asked.
    pub at_times: bool,
}

/// A form.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    pub method: &'static str,
    /// Where it is sent, as a template.
    pub action: &'static str,
    /// The template of a page that has it.
    pub page: &'static str,
    pub who: Who,
    pub fields: &'static [Field],
}

/// Pages that are none, or none with forms: files, and what tells of an order as it goes on.
pub const NO_PAGES: &[&str] = &[
    "/shop/assets/{file}",
    "/admin/assets/{file}",
    "/api/provider/v1/assets/{file}",
    "/shop/orders/{id}/live",
    "/shop/cart/drawer",
];

use Takes::{Anything, Ignored, Lines, Money, Name, Return, Strict, StrictOrNone, Text};
use Who::{Admin, Customer, Guest};

const KEY: Field = field("key", Strict, "");
const CONFIRMED: Field = at_times("confirmed", Anything, "");

/// All of them. What changes products comes last.
pub const FORMS: &[Form] = &[
    post(
        "/shop/preferences",
        "/shop",
        Guest,
        &[field("back", Return, ""), field("language", Ignored, "en"), field("currency", Ignored, "GBP")],
    ),
    post(
        "/shop/cart/lines",
        "/shop/products/{id}",
        Guest,
        &[field("product", Name, ""), field("quantity", Strict, "1")],
    ),
    post(
        "/shop/cart/quantities",
        "/shop/cart",
        Customer,
        &[field("product", Name, ""), field("quantity", Strict, "1"), at_times("remove", Anything, "")],
    ),
    post(
        "/shop/cart/coupon",
        "/shop/cart",
        Customer,
        &[field("code", Name, "NONE"), at_times("remove", Anything, "")],
    ),
    post(
        "/shop/checkout",
        "/shop/checkout",
        Customer,
        &[
            field("country", Strict, "GB"),
            field("currency", Strict, "GBP"),
            field("payment", Strict, "account"),
        ],
    ),
    post(
        "/shop/checkout/order",
        "/shop/checkout/review",
        Customer,
        &[
            field("quote", Strict, ""),
            field("agreed", Strict, ""),
            at_times("card", Strict, ""),
            at_times("last4", Anything, ""),
        ],
    ),
    post("/shop/orders/{id}/cancellation", "/shop/orders/{id}", Customer, &[]),
    post(
        "/shop/orders/{id}/refund-requests",
        "/shop/orders/{id}",
        Customer,
        &[
            field("number", Strict, ""),
            field("amount", Money, "1.00"),
            field("reason", Strict, "damaged"),
            field("note", Lines, "A crack."),
        ],
    ),
    post(
        "/shop/sign-in",
        "/shop/sign-in",
        Guest,
        &[
            field("to", Return, ""),
            field("email", Strict, "{email}"),
            field("password", Strict, "{password}"),
        ],
    ),
    post(
        "/shop/register",
        "/shop/register",
        Guest,
        &[
            field("to", Return, ""),
            field("name", Text, "Mary"),
            field("email", Strict, "mary{new}@example.com"),
            field("password", Anything, "mary's password"),
        ],
    ),
    post("/shop/sign-out", "/shop/account", Customer, &[]),
    post(
        "/api/provider/v1/card-form",
        "/api/provider/v1/card-form",
        Guest,
        &[
            field("back", Return, ""),
            field("number", Strict, "4242 4242 4242 4242"),
            field("expiry", Strict, "12/99"),
            field("cvc", Strict, "123"),
        ],
    ),
    post("/admin/language", "/admin", Admin, &[field("back", Return, ""), field("language", Ignored, "en")]),
    post(
        "/admin/sign-in",
        "/admin/sign-in",
        Guest,
        &[
            field("to", Return, ""),
            field("email", Strict, "{email of staff}"),
            field("password", Strict, "{password of staff}"),
        ],
    ),
    post("/admin/sign-out", "/admin", Admin, &[]),
    post("/admin/orders/{id}/cancellation", "/admin/orders/{id}", Admin, &[KEY, CONFIRMED]),
    post(
        "/admin/orders/{id}/refunds",
        "/admin/orders/{id}",
        Admin,
        &[KEY, CONFIRMED, field("amount", Money, "1.00")],
    ),
    post(
        "/admin/orders/{id}/refund-requests/{number}/grant",
        "/admin/orders/{id}",
        Admin,
        &[KEY, CONFIRMED, field("granted", Money, "1.00")],
    ),
    post(
        "/admin/orders/{id}/refund-requests/{number}/refusal",
        "/admin/orders/{id}",
        Admin,
        &[KEY, CONFIRMED, field("reason", Strict, "too-late"), field("note", Lines, "Thirty days.")],
    ),
    post(
        "/admin/offers/coupons",
        "/admin/offers",
        Admin,
        &[
            KEY,
            CONFIRMED,
            field("coupon-code", Name, "TENTH"),
            field("coupon-discount", Money, "10"),
            field("coupon-limit", StrictOrNone, "5"),
            field("coupon-from", StrictOrNone, "2026-12-01"),
            field("coupon-until", StrictOrNone, "2099-01-01"),
        ],
    ),
    post(
        "/admin/offers/promotions",
        "/admin/offers",
        Admin,
        &[
            KEY,
            CONFIRMED,
            field("promotion-name", Name, "winter"),
            field("promotion-discount", Money, "10"),
            field("promotion-from", StrictOrNone, "2026-12-01"),
            field("promotion-until", StrictOrNone, "2099-01-01"),
        ],
    ),
    post(
        "/admin/offers/taxes",
        "/admin/offers",
        Admin,
        &[KEY, CONFIRMED, field("tax-country", Strict, "GB"), field("tax-rate", Money, "20")],
    ),
    post(
        "/admin/customers/{id}/credit-limit",
        "/admin/customers/{id}",
        Admin,
        &[KEY, CONFIRMED, field("limit", Money, "15.00")],
    ),
    post(
        "/admin/products/{id}/receipts",
        "/admin/products/{id}",
        Admin,
        &[KEY, CONFIRMED, field("quantity", Strict, "1"), field("reference", Name, "note-1")],
    ),
    post(
        "/admin/products/{id}",
        "/admin/products/{id}",
        Admin,
        &[
            KEY,
            field("name", Text, "Widget"),
            field("description", Lines, "Premium"),
            field("price", Money, "1.20"),
            field("price-EUR", Money, "1.40"),
            field("price-USD", Money, "1.60"),
        ],
    ),
    post(
        "/admin/products",
        "/admin/products",
        Admin,
        &[
            KEY,
            field("id", Name, "new-{new}"),
            field("sku", Name, "sku-{new}"),
            field("name", Text, "Lamp"),
            field("description", Lines, ""),
            field("price", Money, "3.00"),
            field("currency", Strict, "GBP"),
        ],
    ),
    get(
        "/shop/products",
        "/shop/products",
        Guest,
        &[
            field("q", Ignored, ""),
            at_times("sort", Ignored, ""),
            at_times("category", Ignored, ""),
            at_times("attribute", Ignored, ""),
            at_times("min", Ignored, ""),
            at_times("max", Ignored, ""),
            at_times("in_stock", Ignored, ""),
            at_times("after", Ignored, ""),
        ],
    ),
    get(
        "/admin/audit",
        "/admin/audit",
        Admin,
        &[
            field("actor", Ignored, ""),
            field("action", Ignored, ""),
            field("kind", Ignored, ""),
            field("id", Ignored, ""),
        ],
    ),
];

/// What pages take in their addresses beside what forms put there: page, whose, and parameter.
pub const PARAMETERS: &[(&str, Who, &str)] = &[
    ("/shop/sign-in", Guest, "to"),
    ("/shop/register", Guest, "to"),
    ("/shop/checkout/review", Customer, "card"),
    ("/shop/checkout/review", Customer, "last4"),
    ("/shop/orders/{id}", Customer, "seen"),
    ("/api/provider/v1/card-form", Guest, "back"),
    ("/admin/sign-in", Guest, "to"),
    ("/admin/products", Admin, "after"),
    ("/admin/orders", Admin, "after"),
    ("/admin/customers", Admin, "after"),
    ("/admin/refunds", Admin, "after"),
    ("/admin/offers", Admin, "after"),
];

const fn field(name: &'static str, takes: Takes, good: &'static str) -> Field {
    Field { name, takes, good, at_times: false }
}

const fn at_times(name: &'static str, takes: Takes, good: &'static str) -> Field {
    Field { at_times: true, ..field(name, takes, good) }
}

const fn post(action: &'static str, page: &'static str, who: Who, fields: &'static [Field]) -> Form {
    Form { method: "POST", action, page, who, fields }
}

const fn get(action: &'static str, page: &'static str, who: Who, fields: &'static [Field]) -> Form {
    Form { method: "GET", ..post(action, page, who, fields) }
}
