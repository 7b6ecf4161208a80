//! What the programs of this crate share: readiness of many sockets in one thread, where a message ends, latencies, and
//! arrivals at random moments.
//!
//! The programs are one thread each and do one system call per direction, so that on a small machine the proxy
//! between them is what is measured.

pub mod arrivals;
pub mod histogram;
pub mod message;
pub mod poll;
