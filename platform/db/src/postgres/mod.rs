//! Running works on the served engine: a small pool of connections, each transaction on one of them.

pub(crate) mod attempt;
pub(crate) mod dump;
pub(crate) mod engine;
pub(crate) mod export;
pub(crate) mod wake;
