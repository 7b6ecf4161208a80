//! What the doors work with.

use std::collections::BTreeMap;

use tradewind_client::Peer;

use crate::domain::routes::RouteTable;

/// What the door works with.
pub(crate) struct Gateway {
    pub(crate) table: RouteTable,
    /// The peer behind each backend, by `service:port`.
    pub(crate) peers: BTreeMap<String, Peer>,
}
