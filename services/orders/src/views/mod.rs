//! Read models: orders as people ask for them, and what orders knows of its neighbours.

pub(crate) mod customers;
pub(crate) mod orders;
pub(crate) mod products;

use tradewind_db::{Migration, MigrationSet};

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "orders",
    migrations: &[Migration {
        version: 1,
        name: "create_views",
        text: include_str!("../../migrations/0001_create_views.sql"),
    }],
};
