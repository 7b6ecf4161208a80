//! Kubernetes Gateway API documents (`gateway.networking.k8s.io/v1`), from files or from an API server.
//!
//! [`Definitions::read`] takes the text of a file and gives back typed documents, and what is wrong with the others,
//! each error with file, line, column and the field; [`Definitions::read_object`] takes what an API server gives. What a document may say is decided by the definitions that the
//! project publishes for clusters (structural schemas, patterns, rules in the Common Expression Language), so that a
//! file that is taken here is taken by an API server, and the other way round.
//!
//! - `yaml` reads text into values that know where they stand, `object` makes such of JSON, which stand nowhere,
//! - `schema` and `rule` are what a definition asks, `check` asks it and fills in defaults, `seen` is how rules see values,
//! - [`Document`] is what comes out; its parts are in [`http_route`], [`grpc_route`], [`tls_route`], [`gateway`], [`grant`],
//!   [`backend_tls`], [`cluster`] and, of our own group, [`policy`].
//!
//! Nothing here opens a file or a socket. Texts come from an operator; one of 1 MiB, the most that is taken, is read
//! in time linear in its length, but for the rules, whose cost the definitions bound by the lengths of lists.

#![warn(missing_docs)]

pub mod backend_tls;
mod check;
pub mod cluster;
mod definition;
mod document;
mod duration;
mod error;
pub mod filter;
pub mod gateway;
pub mod grant;
pub mod grpc_route;
pub mod http_route;
mod metadata;
mod object;
pub mod policy;
#[cfg(test)]
mod published;
pub mod reference;
mod refused;
mod rule;
mod schema;
mod seen;
pub mod tls_route;
mod yaml;

pub use definition::{Definitions, Reading};
pub use document::{Body, Document};
pub use error::DocumentError;
pub use metadata::Metadata;
pub use refused::RefusedPolicy;
