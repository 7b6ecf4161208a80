//! The data plane of the gateway.

#![warn(missing_docs)]
