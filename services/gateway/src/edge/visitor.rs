//! Who sends a request.

use std::net::IpAddr;
use std::sync::Arc;

use tradewind_data_plane::Request;
use tradewind_edge::address::{CidrSet, client_address};
use tradewind_edge::token::Claims;
use tradewind_gateway_api::policy::Cidr;

/// Who sends a request, as far as is known.
pub(crate) struct Visitor {
    /// The address of the client, behind proxies that are trusted.
    pub(crate) address: IpAddr,
    /// What a token says, once it was verified.
    pub(crate) claims: Option<Arc<Claims>>,
}

impl Visitor {
    pub(crate) fn new(request: &Request<'_>, trusted: &CidrSet) -> Self {
        let peer = request.peer().ip();
        if trusted.is_empty() {
            return Self { address: peer.to_canonical(), claims: None };
        }
        let mut lines: Vec<&[u8]> = Vec::new();
        request.headers("x-forwarded-for", &mut |line| lines.push(line));
        Self { address: client_address(peer, lines, trusted), claims: None }
    }
}

/// Blocks of addresses as a set.
pub(crate) fn set(blocks: &[Cidr]) -> CidrSet {
    let texts: Vec<String> = blocks.iter().map(ToString::to_string).collect();
    // They were read as blocks, so they are written as such.
    CidrSet::parse(texts.iter().map(String::as_str)).unwrap_or_default()
}
