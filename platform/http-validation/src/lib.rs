//! Which HTTP requests have one meaning.
//!
//! What stands at the edge must read a request as everything behind it does, or an attacker talks to one past the
//! other. So a request that programs are known to read in different ways is refused here, before anything acts on it.
//!
//! Nothing here waits, opens a socket or reads a clock. Bytes and text go in, decisions come out.
//!
//! - [`head`] stands in front of an HTTP/1 server and lets only well-formed, unambiguous requests through.
//! - [`path`] turns a request path into the one form that routing, authorisation and forwarding share.

#![warn(missing_docs)]

pub mod head;
pub mod path;
