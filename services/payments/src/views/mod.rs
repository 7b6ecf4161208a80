//! Read models: payments as people ask for them, and the ledger.

pub(crate) mod ledger;
pub(crate) mod payments;

use tradewind_db::{Evidence, Migration, MigrationSet, sql};

sql! {
    SHOWN_PAYMENTS = "select order_id, customer_id, state, amount, currency, refunded from payment_view
        order by order_id";
    SHOWN_ENTRIES = "select transaction_id, account, order_id, amount, currency from ledger_entry
        order by transaction_id, account";
    SHOWN_DISCREPANCIES = "select order_id, ours, theirs from discrepancy order by order_id";
}

/// What is shown to be checked.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "payment_view", rows: &SHOWN_PAYMENTS },
    Evidence { table: "ledger_entry", rows: &SHOWN_ENTRIES },
    Evidence { table: "discrepancy", rows: &SHOWN_DISCREPANCIES },
];

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "payments",
    migrations: &[
        Migration {
            version: 1,
            name: "create_payment",
            text: include_str!("../../migrations/0001_create_payment.sql"),
        },
        Migration {
            version: 2,
            name: "refund_requests",
            text: include_str!("../../migrations/0002_refund_requests.sql"),
        },
    ],
};
