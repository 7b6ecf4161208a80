//! Connections to backends.

pub(crate) mod balance;
pub(crate) mod cluster;
pub(crate) mod connection;
pub(crate) mod endpoint;
pub(crate) mod multiplexed;
pub(crate) mod secure;
