//! Carts, their quotes, and what is set by staff, in the database.

pub(crate) mod carts;
pub(crate) mod coupons;
pub(crate) mod quotes;
pub(crate) mod terms;

use tradewind_db::{Evidence, Migration, MigrationSet, sql};

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "cart",
    migrations: &[Migration {
        version: 1,
        name: "create_cart",
        text: include_str!("../../migrations/0001_create_cart.sql"),
    }],
};

sql! {
    /// Open carts promise nothing, and who has the id of a guest's has the cart.
    SHOWN_CARTS = "select order_id, owner_id, quote_id from cart where state = 'completed' order by order_id";
    SHOWN_QUOTES = "select quote_id, lines, currency, subtotal_minor, discount_minor, coupon, tax_minor, total_minor
        from quote where is_taken = 1 order by quote_id";
    SHOWN_COUPONS = "select code, redemption_limit, redeemed from coupon order by code";
    SHOWN_REDEMPTIONS = "select order_id, code, state from coupon_redemption order by order_id";
    SHOWN_PRODUCTS = "select product_id, name, prices from cart_product order by product_id";
}

/// What is shown to be checked.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "completed_cart", rows: &SHOWN_CARTS },
    Evidence { table: "taken_quote", rows: &SHOWN_QUOTES },
    Evidence { table: "coupon", rows: &SHOWN_COUPONS },
    Evidence { table: "coupon_redemption", rows: &SHOWN_REDEMPTIONS },
    Evidence { table: "cart_product", rows: &SHOWN_PRODUCTS },
];
