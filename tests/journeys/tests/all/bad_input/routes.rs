//! Every route of the fleet, with a request that it takes. A route that is not listed here fails a test.

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Anyone,
    /// A user: the requests here are Ada's.
    User,
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
    /// A path that exists; `{order}` stands for an open order of Ada's.
    pub target: &'static str,
    pub who: Who,
    pub query: Query,
    pub input: Input,
    /// What stands in the template's place when there is nothing at this address, or can be nothing.
    pub nothing: &'static [&'static str],
}

const NO_NAMES: &[&str] =
    &["a%20b", "%C3%A9", "a,b", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"];
const UNKNOWN_OR_NO_NAMES: &[&str] =
    &["9", "a%20b", "%C3%A9", "a,b", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"];
const NO_IDS: &[&str] =
    &["1", "not-an-id", "01980000000070008000000000000001", "01980000-0000-7000-8000-00000000000g"];
const UNKNOWN_OR_NO_IDS: &[&str] =
    &["01980000-0000-7000-8000-0000000000ff", "1", "not-an-id", "01980000000070008000000000000001"];

const ORDER: &str =
    r#"{"customerId":"01980000-0000-7000-8000-00000000000a","lines":[{"productId":"1","quantity":1}]}"#;
const PRODUCT: &str =
    r#"{"name":"Widget","description":"Premium","price":{"amount":"1.20","currency":"GBP"}}"#;
const ITEM: &str = r#"{"sku":"12345678"}"#;
const RECEIPT: &str = r#"{"quantity":1,"reference":"note-7"}"#;
const CUSTOMER: &str = r#"{"name":"Ada","creditLimit":{"amount":"15.00","currency":"GBP"}}"#;
const LIMIT: &str = r#"{"limit":{"amount":"15.00","currency":"GBP"}}"#;

const ADA: &str = "/admin/customers/01980000-0000-7000-8000-00000000000a";

/// All of them.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    read("catalogue/admin", "/healthcheck", "/healthcheck").ignoring_queries(),
    read("catalogue/public", "/products", "/products").ignoring_queries(),
    read("catalogue/public", "/products/{id}", "/products/1").ignoring_queries().nothing(UNKNOWN_OR_NO_NAMES),
    read("catalogue/public", "/api/catalogue/v1/products", "/api/catalogue/v1/products").in_pages(),
    read("catalogue/public", "/api/catalogue/v1/products/{id}", "/api/catalogue/v1/products/1")
        .nothing(UNKNOWN_OR_NO_NAMES),
    command("catalogue/internal", "PUT", "/admin/products/{id}", "/admin/products/1")
        .by(Who::Secret).taking(PRODUCT).nothing(NO_NAMES),
    read("stock/public", "/stocks", "/stocks").whatever_the_method().ignoring_queries(),
    read("stock/public", "/stocks/{product_id}", "/stocks/1")
        .whatever_the_method().ignoring_queries().nothing(UNKNOWN_OR_NO_NAMES),
    read("stock/public", "/health", "/health").ignoring_queries(),
    read("stock/public", "/api/stock/v1/stocks", "/api/stock/v1/stocks"),
    read("stock/public", "/api/stock/v1/stocks/{product_id}", "/api/stock/v1/stocks/1")
        .nothing(UNKNOWN_OR_NO_NAMES),
    command("stock/internal", "PUT", "/admin/items/{product_id}", "/admin/items/1")
        .by(Who::Secret).taking(ITEM).nothing(NO_NAMES),
    command("stock/internal", "POST", "/admin/items/{product_id}/receipts", "/admin/items/1/receipts")
        .by(Who::Secret).taking(RECEIPT).nothing(NO_NAMES),
    read("customers/public", "/api/customers/v1/me", "/api/customers/v1/me").by(Who::User),
    command("customers/internal", "PUT", "/admin/customers/{id}", ADA)
        .by(Who::Secret).taking(CUSTOMER).nothing(NO_IDS),
    command("customers/internal", "PUT", "/admin/customers/{id}/credit-limit", concat!(
        "/admin/customers/01980000-0000-7000-8000-00000000000a", "/credit-limit"))
        .by(Who::Secret).taking(LIMIT).nothing(NO_IDS),
    read("orders/public", "/api/orders/v1/orders", "/api/orders/v1/orders").by(Who::User).in_pages(),
    command("orders/public", "POST", "/api/orders/v1/orders", "/api/orders/v1/orders")
        .by(Who::User).taking(ORDER),
    read("orders/public", "/api/orders/v1/orders/{id}", "/api/orders/v1/orders/{order}")
        .by(Who::User).nothing(UNKNOWN_OR_NO_IDS),
    command("orders/public", "POST", "/api/orders/v1/orders/{id}/cancellation",
        "/api/orders/v1/orders/{order}/cancellation")
        .by(Who::User).nothing(NO_IDS),
];

/// Doors whose routes no description lists: what the platform adds is in `platform`, the gateway's in `edge`.
pub const OTHER_DOORS: &[&str] = &["gateway/data-plane", "gateway/internal", "orders/internal"];

const fn read(door: &'static str, path: &'static str, target: &'static str) -> Route {
    let (who, query, input, nothing) = (Who::Anyone, Query::Refused, Input::None, &[]);
    Route { door, method: "GET", path, target, who, query, input, nothing }
}

const fn command(
    door: &'static str,
    method: &'static str,
    path: &'static str,
    target: &'static str,
) -> Route {
    Route { method, input: Input::Key, ..read(door, path, target) }
}

impl Route {
    const fn by(self, who: Who) -> Self {
        Self { who, ..self }
    }

    const fn taking(self, body: &'static str) -> Self {
        Self { input: Input::Json(body), ..self }
    }

    const fn in_pages(self) -> Self {
        Self { query: Query::Page, ..self }
    }

    const fn ignoring_queries(self) -> Self {
        Self { query: Query::Ignored, ..self }
    }

    const fn whatever_the_method(self) -> Self {
        Self { method: "*", ..self }
    }

    const fn nothing(self, nothing: &'static [&'static str]) -> Self {
        Self { nothing, ..self }
    }

    /// The body that the route takes.
    pub fn body(&self) -> Option<&'static str> {
        match self.input {
            Input::Json(body) => Some(body),
            Input::None | Input::Key => None,
        }
    }

    pub fn is_command(&self) -> bool {
        self.input != Input::None
    }
}
