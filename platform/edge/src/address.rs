//! Whose address a request has: networks in CIDR notation, and the client behind trusted proxies.

mod cidr;
mod client;

pub use cidr::{CidrError, CidrSet};
pub use client::{MAX_FORWARDED, client_address, client_key};
