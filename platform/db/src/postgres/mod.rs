//! The served engine: a small pool of connections, each transaction on one of them.

pub(crate) mod attempt;
pub(crate) mod connect;
pub(crate) mod dump;
pub(crate) mod engine;
pub(crate) mod export;
pub(crate) mod failure;
pub(crate) mod options;
pub(crate) mod pool;
pub(crate) mod statement;
pub(crate) mod transaction;
pub(crate) mod values;
pub(crate) mod wake;
