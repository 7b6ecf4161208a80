//! Who may buy on account, and how much of their credit is reserved.

mod actions;
mod error;
mod http;
mod listen;
mod state;
mod store;

use tradewind_chassis::{Definition, Init, NoSettings, Service};
use tradewind_customers_contract::{
    CreditRefused, CreditReleased, CreditReserved, CustomerRegistered, SERVICE,
};

use crate::state::Customers;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "Who may buy on account, and how much of their credit is reserved.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .public(8040, http::public())
        .internal(8140, http::internal())
        .follows(listen::orders())
        .promises::<CustomerRegistered>()
        .promises::<CreditReserved>()
        .promises::<CreditRefused>()
        .promises::<CreditReleased>()
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<NoSettings>) -> Result<Customers, String> {
    Ok(Customers { db: init.db.clone() })
}
