//! Statements on a connection: what transactions and queries of both engines are made of.

pub(crate) mod postgres;
pub(crate) mod sqlite;
