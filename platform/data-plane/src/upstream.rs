//! Connections to backends.

pub(crate) mod affinity;
pub(crate) mod busy;
pub(crate) mod cluster;
pub(crate) mod connection;
pub(crate) mod endpoint;
pub(crate) mod multiplexed;
pub(crate) mod open;
pub(crate) mod room;
pub(crate) mod secure;
pub(crate) mod standing;
