//! The objects of the shop's history, and what each of them promises.
//!
//! What is promised is what the services do today, each on one database: whoever owns something shows it as of its last
//! commit, to everybody. What follows another service's events is behind for a while and never goes back; orders'
//! prices are such a copy. Nobody promises a reader who goes from one service to another that the second has heard of
//! what the first said: the position of an accepted command is not yet taken by any door.

use std::fmt;

use tradewind_history::{Promises, Reads, Versions};
use tradewind_orders_contract::{Order, OrderState};

/// An object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object<'a> {
    /// The order of an act: its version is its [`stage`].
    Order(u32),
    /// Whether a customer may order: 1 from when orders has heard of them.
    Admitted(u32),
    /// What the catalogue says of a product: the number of the act that wrote it.
    Listed(u32),
    /// The same, as orders has heard of it: the lines of orders show it.
    Priced(u32),
    /// What a customer may owe, in pence.
    Limit(u32),
    /// The delivery note of an act: the quantity that it was booked with.
    Note(u32),
    /// How many of a product are left.
    Pieces(u32),
    /// How much of a customer's credit is reserved or owed.
    Reserved(u32),
    /// The events of a service with one key.
    Events(&'a str, &'a str),
}

impl fmt::Display for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(act) => write!(f, "order/{act}"),
            Self::Admitted(customer) => write!(f, "admitted/{customer}"),
            Self::Listed(product) => write!(f, "listed/{product}"),
            Self::Priced(product) => write!(f, "priced/{product}"),
            Self::Limit(customer) => write!(f, "limit/{customer}"),
            Self::Note(act) => write!(f, "note/{act}"),
            Self::Pieces(product) => write!(f, "pieces/{product}"),
            Self::Reserved(customer) => write!(f, "reserved/{customer}"),
            Self::Events(service, key) => write!(f, "events/{service}/{key}"),
        }
    }
}

/// What the object of this name promises.
pub(super) fn promised(name: &str) -> Promises {
    let (versions, reads) = match name.split('/').next() {
        Some("order" | "admitted") => (Versions::Counted, Reads::Newest),
        Some("priced") => (Versions::Named, Reads::Monotonic),
        _ => (Versions::Named, Reads::Newest),
    };
    Promises { versions, reads }
}

/// How far an order has come: it never goes back.
pub(super) fn stage(order: &Order) -> u64 {
    match order.state {
        OrderState::New => 1,
        OrderState::Open if !order.cancelling => OPEN,
        OrderState::Open => CANCELLING,
        OrderState::Rejected => 4,
        OrderState::Cancelled => 5,
        OrderState::Completed => 6,
    }
}

/// The stages between which a customer moves an order.
pub(super) const OPEN: u64 = 2;
pub(super) const CANCELLING: u64 = 3;
