//! Every route of the fleet, with a request that it takes. A route that is not listed here fails a test.

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Anyone,
    /// A user: the requests here are Ada's.
    User,
    /// Somebody who works for the shop.
    Staff,
    /// Somebody who decides for the shop.
    Admin,
    /// Who has the secret of the fleet.
    Secret,
}

/// What the route does with query parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// It has none and refuses any.
    Refused,
    /// It has `limit` and `after` and refuses others.
    Page,
    /// It has none and takes any, as the original contract does.
    Ignored,
}

/// What the route takes beside its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Nothing: it reads.
    None,
    /// A key: it is a command without a body.
    Key,
    /// A key and a JSON body such as this.
    Json(&'static str),
    /// A JSON body such as this: saying it again is the same by its address, or it is to leave no trace.
    Body(&'static str),
    /// Nothing, though it changes something: its address says it all.
    Address,
}

/// A route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Service and kind of door.
    pub door: &'static str,
    /// The method; `*` for any.
    pub method: &'static str,
    /// The path template.
    pub path: &'static str,
    /// What stands for the template's parameter; `{order}` is an open order of Ada's, `{card order}` one that
    /// she pays by card; the carts are those of the world.
    name: &'static str,
    pub who: Who,
    pub query: Query,
    pub input: Input,
    /// What stands for the parameter when there is nothing at this address, or can be nothing.
    pub nothing: &'static [&'static str],
}

/// What no product and no item can be called.
const NO_NAMES: &[&str] = &["%2E%2E", "a%20b", "%C3%A9", "a,b", LONG];
const UNKNOWN_OR_NO_NAMES: &[&str] = &["9", "a%20b", "%C3%A9", "a,b", LONG];
const NO_BUCKETS: &[&str] = &["a%20b", "%C3%A9", "a,b", "a%2Cb", LONG];
const LONG: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

pub const ADA: &str = "01980000-0000-7000-8000-00000000000a";
const NO_IDS: &[&str] =
    &["1", "no-id", "01980000000070008000000000000001", "0198zzzz-0000-7000-8000-000000000001"];
const UNKNOWN_OR_NO_IDS: &[&str] = &["01980000-0000-7000-8000-0000000000ff", "1", "no-id"];

const PRODUCT: &str =
    r#"{"name":"Widget","description":"Premium","price":{"amount":"1.20","currency":"GBP"}}"#;
const DETAILS: &str = r#"{"attributes":[{"name":"colour","value":"red"}]}"#;
const LISTED_PRICE: &str = r#"{"price":{"amount":"1.00","currency":"GBP"}}"#;
const CHUNK: &str = r#"{"format":"ndjson","rows":""}"#;
const ITEM: &str = r#"{"sku":"12345678"}"#;
const RECEIPT: &str = r#"{"quantity":1,"reference":"note-7"}"#;
const CUSTOMER: &str = r#"{"name":"Ada","creditLimit":{"amount":"15.00","currency":"GBP"}}"#;
const LIMIT: &str = r#"{"limit":{"amount":"15.00","currency":"GBP"}}"#;
const ORDER: &str =
    r#"{"customerId":"01980000-0000-7000-8000-00000000000a","lines":[{"productId":"1","quantity":1}]}"#;

/// A charge whose money is held, one whose money was taken, and an order that was sent.
pub const HELD: &str = "01980000-0000-7000-8000-0000000000c1";
pub const TAKEN: &str = "01980000-0000-7000-8000-0000000000c2";
pub const SENT: &str = "01980000-0000-7000-8000-0000000000c3";
/// What stands for the token of a card that is known only when it was given.
pub const TOKEN: &str = "card_01980000-0000-7000-8000-000000000001";

pub const CARD: &str = r#"{"number":"4242424242424242","expiry":"12/99","cvc":"123"}"#;
pub const CHARGE: &str = concat!(
    r#"{"amount":{"amount":"15.00","currency":"GBP"},"#,
    r#""card":"card_01980000-0000-7000-8000-000000000001"}"#
);
const REFUND: &str = r#"{"amount":{"amount":"1.00","currency":"GBP"}}"#;
/// What Ada has asked back for her two orders by card, and what is said to it.
pub const ASKED: &str =
    r#"{"amount":{"amount":"0.40","currency":"GBP"},"reason":"damaged","note":"It has a crack."}"#;
const GRANT: &str = r#"{"amount":{"amount":"0.40","currency":"GBP"}}"#;
const REFUSAL: &str = r#"{"reason":"too-late","note":"It came a year ago."}"#;
pub const SHIPMENT: &str =
    r#"{"customerId":"01980000-0000-7000-8000-00000000000a","lines":[{"productId":"1","quantity":1}]}"#;

/// `{new}` stands for a name that was not used before.
pub const ACCOUNT: &str = r#"{"name":"Mary","email":"mary{new}@example.com","password":"mary's password"}"#;
/// Ada as one who signs in.
pub const PERSON: &str =
    r#"{"name":"Ada","email":"ada@example.com","password":"ada's password","roles":["customer"]}"#;
const ROLES: &str = r#"{"roles":["customer"]}"#;
const CLIENT: &str = r#"{"secret":"0123456789abcdef0123456789abcdef"}"#;
const CONFIRMED: &str = r#"{"password":"ada's password"}"#;

const CALLBACK: &str = concat!(
    r#"{"reference":"01980000-0000-7000-8000-0000000000c1","state":"authorised","#,
    r#""captured":{"amount":"0.00","currency":"GBP"},"refunded":{"amount":"0.00","currency":"GBP"},"#,
    r#""at":"2026-01-01T00:00:00.000000Z"}"#
);

/// A coupon that there is.
pub const COUPON: &str = "WELCOME10";
pub const CODE: &str = r#"{"code":"WELCOME10"}"#;
pub const DESTINATION: &str = r#"{"country":"GB","currency":"GBP"}"#;
const DISCOUNT: &str = r#"{"discount":1000}"#;
const LINE: &str = r#"{"quantity":2}"#;
/// What stands for the cart of Ada's into which a guest's was merged, and for the quote that she took.
pub const OWN_CART: &str = "10000000-0000-4000-8000-0000000000d1";
pub const QUOTE: &str = "10000000-0000-4000-8000-0000000000d2";
const MERGE: &str = r#"{"into":"10000000-0000-4000-8000-0000000000d1"}"#;
const COMPLETION: &str = r#"{"quoteId":"10000000-0000-4000-8000-0000000000d2"}"#;
const NO_COUNTRIES: &[&str] = &["gb", "G", "GBR", "12", "%C3%89"];

/// What stands for further parameters of a template.
const FURTHER: &[(&str, &str)] = &[
    ("{refund}", "01980000-0000-7000-8000-00000000000c"),
    ("{step}", "handed-over"),
    ("{number}", "1"),
    ("{id}", "1"),
    ("{product}", "1"),
    ("{secret}", "01980000-0000-7000-8000-0000000000e3"),
];

/// An endpoint, and one that is disabled. Nobody is there.
pub const HOOK: &str = "01980000-0000-7000-8000-0000000000e1";
pub const IDLE_HOOK: &str = "01980000-0000-7000-8000-0000000000e2";
pub const ENDPOINT: &str =
    r#"{"url":"http://127.0.0.1:1/","types":["tradewind.shipping.shipment-delivered.v1"]}"#;
const REPLAY: &str = r#"{"from":"1970-01-01T00:00:00.000000Z"}"#;

/// A mail to somebody of the staff.
pub const MAIL: &str = "01980000-0000-7000-8000-0000000000f1";
pub const TEST_MAIL: &str = r#"{"language":"en"}"#;
const WISHES: &str = r#"{"language":"de","channels":["mail"],"occasions":["order-placed"]}"#;
const NO_NUMBERS: &[&str] = &["0", "-1", "one", "9223372036854775808", "1.0"];

/// All of them.
pub const ROUTES: &[Route] = &[
    get("catalogue/admin", "/healthcheck").any_query(),
    get("catalogue/public", "/products").any_query(),
    get("catalogue/public", "/products/{id}").of("1").not(UNKNOWN_OR_NO_NAMES).any_query(),
    get("catalogue/public", "/api/catalogue/v1/products").pages(),
    get("catalogue/public", "/api/catalogue/v1/products/{id}").of("1").not(UNKNOWN_OR_NO_NAMES),
    get("catalogue/public", "/api/catalogue/v1/search").pages(),
    get("catalogue/public", "/api/catalogue/v1/categories"),
    put("catalogue/internal", "/admin/products/{id}", PRODUCT).of("1").not(NO_NAMES),
    get("catalogue/internal", "/admin/products").pages().by(Who::Secret),
    set("catalogue/internal", "/admin/products/{id}/details", Input::Body(DETAILS))
        .of("1")
        .not(UNKNOWN_OR_NO_NAMES),
    set("catalogue/internal", "/admin/categories/{slug}", Input::Body(r#"{"name":"Garden"}"#))
        .of("garden")
        .not(NO_NAMES),
    set("catalogue/internal", "/admin/price-lists/{list}/products/{id}", Input::Body(LISTED_PRICE))
        .of("wholesale")
        .not(NO_NAMES),
    delete("catalogue/internal", "/admin/price-lists/{list}/products/{id}").of("wholesale").not(NO_NAMES),
    post("catalogue/internal", "/admin/imports/{id}/chunks", Input::Body(CHUNK)).of("spring").not(NO_NAMES),
    get("catalogue/internal", "/admin/imports/{id}").of("spring").not(UNKNOWN_OR_NO_NAMES).by(Who::Secret),
    get("stock/public", "/stocks").any_method().any_query(),
    get("stock/public", "/stocks/{product_id}").of("1").not(UNKNOWN_OR_NO_NAMES).any_method().any_query(),
    get("stock/public", "/health").any_query(),
    get("stock/public", "/api/stock/v1/stocks"),
    get("stock/public", "/api/stock/v1/stocks/{product_id}").of("1").not(UNKNOWN_OR_NO_NAMES),
    put("stock/internal", "/admin/items/{product_id}", ITEM).of("1").not(NO_NAMES),
    post("stock/internal", "/admin/items/{product_id}/receipts", Input::Json(RECEIPT)).of("1").not(NO_NAMES),
    put("catalogue/public", "/api/catalogue/v1/admin/products/{id}", PRODUCT)
        .of("1")
        .not(NO_NAMES)
        .by(Who::Admin),
    put("stock/public", "/api/stock/v1/admin/items/{product_id}", ITEM).of("1").not(NO_NAMES).by(Who::Admin),
    post("stock/public", "/api/stock/v1/admin/items/{product_id}/receipts", Input::Json(RECEIPT))
        .of("1")
        .not(NO_NAMES)
        .by(Who::Staff),
    get("shopfront/public", "/").any_method().any_query(),
    get("shopfront/public", "/products").any_method().any_query(),
    get("shopfront/public", "/health").any_query(),
    get("shopfront/public", "/api/shopfront/v1/products"),
    get("customers/public", "/api/customers/v1/me").by(Who::User),
    get("customers/public", "/api/customers/v1/admin/customers").by(Who::Staff).pages(),
    get("customers/public", "/api/customers/v1/admin/customers/{id}")
        .of(ADA)
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::Staff),
    put("customers/public", "/api/customers/v1/admin/customers/{id}/credit-limit", LIMIT)
        .of(ADA)
        .not(NO_IDS)
        .by(Who::Admin),
    put("customers/internal", "/admin/customers/{id}", CUSTOMER).of(ADA).not(NO_IDS),
    put("customers/internal", "/admin/customers/{id}/credit-limit", LIMIT).of(ADA).not(NO_IDS),
    get("orders/public", "/api/orders/v1/orders").by(Who::User).pages(),
    post("orders/public", "/api/orders/v1/orders", Input::Json(ORDER)).by(Who::User),
    get("orders/public", "/api/orders/v1/admin/orders").by(Who::Staff).pages(),
    get("orders/public", "/api/orders/v1/orders/{id}").of("{order}").not(UNKNOWN_OR_NO_IDS).by(Who::User),
    set("stock/internal", "/admin/picks/{order_id}", Input::Address).of("{order}").not(NO_IDS),
    delete("stock/internal", "/admin/picks/{order_id}").of("{order}").not(NO_IDS),
    set("customers/internal", "/admin/invoices/{order_id}", Input::Address).of("{order}").not(NO_IDS),
    delete("customers/internal", "/admin/invoices/{order_id}").of("{order}").not(NO_IDS),
    post("orders/public", "/api/orders/v1/orders/{id}/cancellation", Input::Key)
        .of("{order}")
        .not(NO_IDS)
        .by(Who::User),
    get("payments/public", "/api/payments/v1/payments/{order_id}")
        .of("{card order}")
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::User),
    set("payments/internal", "/admin/payments/{order_id}/capture", Input::Address)
        .of("{card order}")
        .not(NO_IDS),
    post("payments/public", "/api/payments/v1/payments/{order_id}/refunds", Input::Json(REFUND))
        .of("{card order}")
        .not(NO_IDS)
        .by(Who::Staff),
    get("payments/public", "/api/payments/v1/payments/{order_id}/refund-requests")
        .of("{card order}")
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::User),
    get("payments/public", "/api/payments/v1/admin/refund-requests").by(Who::Staff).pages(),
    set(
        "payments/public",
        "/api/payments/v1/payments/{order_id}/refund-requests/{number}",
        Input::Body(ASKED),
    )
    .of("{card order}")
    .not(UNKNOWN_OR_NO_IDS)
    .by(Who::User),
    set(
        "payments/public",
        "/api/payments/v1/payments/{order_id}/refund-requests/{number}/grant",
        Input::Body(GRANT),
    )
    .of("{card order}")
    .not(UNKNOWN_OR_NO_IDS)
    .by(Who::Staff),
    set(
        "payments/public",
        "/api/payments/v1/payments/{order_id}/refund-requests/{number}/refusal",
        Input::Body(REFUSAL),
    )
    .of("{other card order}")
    .not(UNKNOWN_OR_NO_IDS)
    .by(Who::Staff),
    delete("payments/internal", "/admin/payments/{order_id}/capture").of("{card order}").not(NO_IDS),
    set("payments/internal", "/admin/callbacks/{id}", Input::Body(CALLBACK)).of(HELD).not(NO_IDS),
    post("provider/public", "/api/provider/v1/cards", Input::Body(CARD)).by(Who::Anyone),
    get("provider/internal", "/admin/charges").pages().by(Who::Secret),
    get("provider/internal", "/admin/charges/{reference}").of(HELD).not(UNKNOWN_OR_NO_IDS).by(Who::Secret),
    set("provider/internal", "/admin/charges/{reference}", Input::Body(CHARGE)).of(HELD).not(NO_IDS),
    set("provider/internal", "/admin/charges/{reference}/capture", Input::Address).of(HELD).not(NO_IDS),
    set("provider/internal", "/admin/charges/{reference}/cancellation", Input::Address).of(ADA).not(NO_IDS),
    set("provider/internal", "/admin/charges/{reference}/refunds/{refund}", Input::Body(REFUND))
        .of(TAKEN)
        .not(UNKNOWN_OR_NO_IDS),
    get("shipping/public", "/api/shipping/v1/shipments/{order}")
        .of("{order}")
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::User),
    post("cart/public", "/api/cart/v1/carts", Input::Body(DESTINATION)).by(Who::Anyone),
    get("cart/public", "/api/cart/v1/carts").by(Who::User).pages(),
    get("cart/public", "/api/cart/v1/carts/{id}").of("{cart}").not(UNKNOWN_OR_NO_IDS),
    set("cart/public", "/api/cart/v1/carts/{id}/lines/{product}", Input::Body(LINE))
        .of("{cart}")
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::Anyone),
    delete("cart/public", "/api/cart/v1/carts/{id}/lines/{product}")
        .of("{cart}")
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::Anyone),
    set("cart/public", "/api/cart/v1/carts/{id}/destination", Input::Body(DESTINATION))
        .of("{cart}")
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::Anyone),
    set("cart/public", "/api/cart/v1/carts/{id}/coupon", Input::Body(CODE))
        .of("{cart}")
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::Anyone),
    delete("cart/public", "/api/cart/v1/carts/{id}/coupon")
        .of("{cart}")
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::Anyone),
    post("cart/public", "/api/cart/v1/carts/{id}/merge", Input::Body(MERGE))
        .of("{merged cart}")
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::User),
    post("cart/public", "/api/cart/v1/carts/{id}/quotes", Input::Address)
        .of("{full cart}")
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::Anyone),
    post("cart/public", "/api/cart/v1/carts/{id}/completion", Input::Json(COMPLETION))
        .of("{done cart}")
        .not(NO_IDS)
        .by(Who::User),
    get("cart/public", "/api/cart/v1/admin/coupons").by(Who::Staff).pages(),
    set("cart/public", "/api/cart/v1/admin/coupons/{code}", Input::Body(DISCOUNT))
        .of(COUPON)
        .not(NO_NAMES)
        .by(Who::Admin),
    get("cart/public", "/api/cart/v1/admin/promotions").by(Who::Staff).pages(),
    set("cart/public", "/api/cart/v1/admin/promotions/{name}", Input::Body(DISCOUNT))
        .of("summer")
        .not(NO_NAMES)
        .by(Who::Admin),
    get("cart/public", "/api/cart/v1/admin/taxes").by(Who::Staff).pages(),
    set("cart/public", "/api/cart/v1/admin/taxes/{country}", Input::Body(r#"{"rate":2000}"#))
        .of("GB")
        .not(NO_COUNTRIES)
        .by(Who::Admin),
    set("cart/internal", "/admin/coupons/{code}", Input::Body(DISCOUNT)).of(COUPON).not(NO_NAMES),
    get("cart/internal", "/admin/coupons/{code}").of(COUPON).not(UNKNOWN_OR_NO_NAMES).by(Who::Secret),
    set("cart/internal", "/admin/promotions/{name}", Input::Body(DISCOUNT)).of("summer").not(NO_NAMES),
    set("cart/internal", "/admin/taxes/{country}", Input::Body(r#"{"rate":2000}"#))
        .of("GB")
        .not(NO_COUNTRIES),
    set("shipping/internal", "/admin/shipments/{order}", Input::Body(SHIPMENT)).of(ADA).not(NO_IDS),
    set("shipping/internal", "/admin/shipments/{order}/cancellation", Input::Address).of(ADA).not(NO_IDS),
    set("shipping/internal", "/admin/shipments/{order}/steps/{step}", Input::Address)
        .of(SENT)
        .not(UNKNOWN_OR_NO_IDS),
    get("webhooks/public", "/api/webhooks/v1/endpoints").by(Who::Staff),
    get("webhooks/public", "/api/webhooks/v1/endpoints/{id}").of(HOOK).not(UNKNOWN_OR_NO_IDS).by(Who::Staff),
    set("webhooks/public", "/api/webhooks/v1/endpoints/{id}", Input::Body(ENDPOINT))
        .of(HOOK)
        .not(NO_IDS)
        .by(Who::Staff),
    delete("webhooks/public", "/api/webhooks/v1/endpoints/{id}").of(ADA).not(NO_IDS).by(Who::Staff),
    set("webhooks/public", "/api/webhooks/v1/endpoints/{id}/secrets/{secret}", Input::Address)
        .of(HOOK)
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::Staff),
    set("webhooks/public", "/api/webhooks/v1/endpoints/{id}/enabled", Input::Address)
        .of(HOOK)
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::Staff),
    delete("webhooks/public", "/api/webhooks/v1/endpoints/{id}/enabled")
        .of(IDLE_HOOK)
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::Staff),
    post("webhooks/public", "/api/webhooks/v1/endpoints/{id}/pings", Input::Key)
        .of(HOOK)
        .not(NO_IDS)
        .by(Who::Staff),
    get("webhooks/public", "/api/webhooks/v1/endpoints/{id}/deliveries")
        .of(HOOK)
        .not(UNKNOWN_OR_NO_IDS)
        .pages()
        .by(Who::Staff),
    post("webhooks/public", "/api/webhooks/v1/endpoints/{id}/replays", Input::Json(REPLAY))
        .of(HOOK)
        .not(NO_IDS)
        .by(Who::Staff),
    get("storage/public", "/api/storage/v1/storageservice/{bucket}")
        .of("products")
        .not(NO_BUCKETS)
        .pages()
        .by(Who::Staff),
    get("storage/internal", "/admin/objects/{bucket}").of("products").not(NO_BUCKETS).pages().by(Who::Secret),
    get("notification/public", "/api/notification/notifierservice/preferences").by(Who::User),
    set("notification/public", "/api/notification/notifierservice/preferences", Input::Body(WISHES))
        .by(Who::User),
    get("notification/public", "/api/notification/notifierservice/notifications").by(Who::User).pages(),
    get("mail/public", "/api/mailservice/mailservice/deliveries").by(Who::Staff).pages(),
    get("mail/public", "/api/mailservice/mailservice/deliveries/{id}")
        .of(MAIL)
        .not(UNKNOWN_OR_NO_IDS)
        .by(Who::Staff),
    post("mail/public", "/api/mailservice/mailservice/deliveries/{id}/attempts", Input::Key)
        .of(MAIL)
        .not(NO_IDS)
        .by(Who::Staff),
    set("mail/public", "/api/mailservice/mailservice/test-mails/{id}", Input::Body(TEST_MAIL))
        .of(MAIL)
        .not(NO_IDS)
        .by(Who::Staff),
    get("mail/admin", "/").pages(),
    get("mail/admin", "/style.css"),
    get("mail/admin", "/icon.svg"),
    get("mail/admin", "/mails/{number}").of("1").not(NO_NUMBERS),
    get("mail/admin", "/mails/{number}/html").of("1").not(NO_NUMBERS),
    get("mail/admin", "/mailbox.json").pages(),
    post("accounts/public", "/api/identity/v1/accounts", Input::Body(ACCOUNT)).by(Who::Anyone),
    get("accounts/public", "/api/identity/v1/jwks.json"),
    get("accounts/public", "/.well-known/jwks.json"),
    get("accounts/public", "/.well-known/openid-configuration"),
    get("accounts/public", "/api/identity/v1/userinfo").by(Who::User),
    get("accounts/public", "/api/identity/v1/me/export").by(Who::User),
    set("accounts/internal", "/admin/accounts/{id}", Input::Body(PERSON)).of(ADA).not(NO_IDS),
    set("accounts/internal", "/admin/accounts/{id}/roles", Input::Body(ROLES)).of(ADA).not(UNKNOWN_OR_NO_IDS),
    set("accounts/internal", "/admin/clients/{id}", Input::Body(CLIENT)).of("robot").not(NO_NAMES),
    delete("accounts/internal", "/admin/clients/{id}").of("robot").not(NO_NAMES),
    get("accounts/internal", "/admin/people/{id}/key").of(ADA).not(UNKNOWN_OR_NO_IDS).by(Who::Secret),
    get("accounts/internal", "/admin/people/{id}/contact").of(ADA).not(UNKNOWN_OR_NO_IDS).by(Who::Secret),
    // Last: Ada is nobody any more after it.
    post("accounts/public", "/api/identity/v1/me/erasure", Input::Body(CONFIRMED)).by(Who::User),
];

/// What answers in the words of a standard, or takes no JSON: it has tests of its own, in `signing_in` and `objects`.
pub const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("accounts/public", "POST", "/api/identity/v1/token"),
    ("storage/public", "GET", "/api/storage/v1/storageservice/{bucket}/{*name}"),
    ("storage/public", "PUT", "/api/storage/v1/storageservice/{bucket}/{*name}"),
    ("storage/public", "DELETE", "/api/storage/v1/storageservice/{bucket}/{*name}"),
    ("storage/internal", "GET", "/admin/objects/{bucket}/{*name}"),
    ("storage/internal", "PUT", "/admin/objects/{bucket}/{*name}"),
    ("storage/internal", "DELETE", "/admin/objects/{bucket}/{*name}"),
];

/// Doors whose routes no description lists: what the platform adds is in `platform`, the gateway's in `edge`.
pub const OTHER_DOORS: &[&str] = &[
    "gateway/data-plane",
    "gateway/internal",
    "mail/internal",
    "notification/internal",
    "orders/internal",
    "shopfront/internal",
    "backoffice/internal",
    "backoffice/public",
    "webhooks/internal",
];

const fn get(door: &'static str, path: &'static str) -> Route {
    let (who, query, input, nothing) = (Who::Anyone, Query::Refused, Input::None, &[]);
    Route { door, method: "GET", path, name: "", who, query, input, nothing }
}

const fn put(door: &'static str, path: &'static str, body: &'static str) -> Route {
    Route { method: "PUT", input: Input::Json(body), who: Who::Secret, ..get(door, path) }
}

const fn set(door: &'static str, path: &'static str, input: Input) -> Route {
    Route { method: "PUT", input, who: Who::Secret, ..get(door, path) }
}

const fn delete(door: &'static str, path: &'static str) -> Route {
    Route { method: "DELETE", input: Input::Address, who: Who::Secret, ..get(door, path) }
}

const fn post(door: &'static str, path: &'static str, input: Input) -> Route {
    Route { method: "POST", input, who: Who::Secret, ..get(door, path) }
}

impl Route {
    const fn of(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    const fn not(self, nothing: &'static [&'static str]) -> Self {
        Self { nothing, ..self }
    }

    const fn by(self, who: Who) -> Self {
        Self { who, ..self }
    }

    const fn pages(self) -> Self {
        Self { query: Query::Page, ..self }
    }

    const fn any_query(self) -> Self {
        Self { query: Query::Ignored, ..self }
    }

    const fn any_method(self) -> Self {
        Self { method: "*", ..self }
    }

    /// The path with `name` for its parameter.
    pub fn at(&self, name: &str) -> String {
        let Some((before, rest)) = self.path.split_once('{') else {
            return self.path.to_owned();
        };
        let (_, after) = rest.split_once('}').unwrap();
        let further = FURTHER.iter().fold(after.to_owned(), |after, (name, it)| after.replace(name, it));
        format!("{before}{name}{further}")
    }

    /// A path that exists; an order in it is still to be named.
    pub fn target(&self) -> String {
        self.at(self.name)
    }

    /// The body that the route takes.
    pub fn body(&self) -> Option<&'static str> {
        match self.input {
            Input::Json(body) | Input::Body(body) => Some(body),
            Input::None | Input::Key | Input::Address => None,
        }
    }

    pub fn is_command(&self) -> bool {
        matches!(self.input, Input::Key | Input::Json(_))
    }

    pub fn has_parameter(&self) -> bool {
        self.path.contains('{')
    }
}
