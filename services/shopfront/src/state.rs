//! What the doors work with.

use std::sync::Arc;

use tradewind_chassis::Dependency;
use tradewind_pages::{Assets, Sessions};

use crate::config::Protocol;

/// What the doors work with.
pub(crate) struct Shopfront {
    pub(crate) catalogue: Dependency,
    pub(crate) stock: Dependency,
    pub(crate) stock_protocol: Protocol,
    pub(crate) compat: bool,
    pub(crate) peers: Peers,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) assets: Assets,
}

/// Those who are asked for the pages of the shop only.
pub(crate) struct Peers {
    pub(crate) accounts: Dependency,
    pub(crate) cart: Dependency,
    pub(crate) orders: Dependency,
    pub(crate) customers: Dependency,
    pub(crate) payments: Dependency,
    pub(crate) shipping: Dependency,
}
