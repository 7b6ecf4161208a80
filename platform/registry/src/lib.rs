//! Where the instances of services are.
//!
//! An instance registers, sends heartbeats, says when it is about to stop, and withdraws. Callers watch: a question
//! waits until something has changed. Everything is in memory. A [`Registry`] that starts anew is harmless: instances
//! register again with their next heartbeat, and each [`RegistryClient`] keeps what it knew until the new registry has
//! heard of everybody. While the registry is away, callers go on with what they know, for as long as it takes.

#![warn(missing_docs)]

mod announced;
mod client;
mod door;
mod instance;
mod registry;
mod source;

pub use announced::Announced;
pub use client::RegistryClient;
pub use instance::{Instance, Listing, Registered};
pub use registry::{Registry, RegistryOptions};
