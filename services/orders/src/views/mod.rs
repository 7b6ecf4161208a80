//! Read models: orders as people ask for them, and what orders knows of its neighbours.

pub(crate) mod customers;
pub(crate) mod orders;
pub(crate) mod products;

use tradewind_db::{Evidence, Migration, MigrationSet, sql};

sql! {
    SHOWN_ORDERS = "select order_id, customer_id, state, reason, lines, total_minor, currency, payment, quote_id,
            discount_minor, tax_minor
        from order_view order by order_id";
    SHOWN_PRODUCTS = "select product_id, name, price_minor, currency, sku from product_view order by product_id";
    SHOWN_CUSTOMERS = "select customer_id from customer_view order by customer_id";
}

/// What is shown to be checked.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "order_view", rows: &SHOWN_ORDERS },
    Evidence { table: "product_view", rows: &SHOWN_PRODUCTS },
    Evidence { table: "customer_view", rows: &SHOWN_CUSTOMERS },
];

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "orders",
    migrations: &[
        Migration {
            version: 1,
            name: "create_views",
            text: include_str!("../../migrations/0001_create_views.sql"),
        },
        Migration {
            version: 2,
            name: "fulfilment",
            text: include_str!("../../migrations/0002_fulfilment.sql"),
        },
        Migration {
            version: 3,
            name: "find_new_orders",
            text: include_str!("../../migrations/0003_new_orders.sql"),
        },
        Migration { version: 4, name: "quotes", text: include_str!("../../migrations/0004_quotes.sql") },
    ],
};
