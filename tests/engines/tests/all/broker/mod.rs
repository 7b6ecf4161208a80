//! The broker that tests start, and what runs over it.

mod server;
