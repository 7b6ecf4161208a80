//! Running works on the embedded engine: one writer thread that commits in groups, and a few read-only connections.

pub(crate) mod batch;
pub(crate) mod dump;
pub(crate) mod open;
pub(crate) mod readers;
pub(crate) mod writer;
