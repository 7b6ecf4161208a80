//! Connections to the served engine, and what runs on one of them.

pub(crate) mod connect;
pub(crate) mod failure;
pub(crate) mod options;
pub(crate) mod pool;
pub(crate) mod statement;
pub(crate) mod transaction;
pub(crate) mod values;
