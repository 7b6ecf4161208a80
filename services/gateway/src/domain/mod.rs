//! The pure part of the gateway: what a request may look like, which path it means, which service it is for.
//!
//! Nothing here waits, opens a socket or reads a clock. Bytes and text go in, decisions come out.
//!
//! - [`head`] stands in front of the HTTP server and lets only well-formed, unambiguous requests through.
//! - [`path`] turns a request path into the one form that routing, authorisation and forwarding share.
//! - [`routes`] reads Gateway API `HTTPRoute` documents and finds the route of a path.

pub mod head;
pub mod path;
pub mod routes;
