//! The pure part of the gateway: what a rule does to a request.
//!
//! Nothing here waits, opens a socket or reads a clock.
//!
//! - [`authority`] is whom a request is for,
//! - [`places`] bounds what nobody waits for,
//! - [`redirect`] writes the address that a client should go to,
//! - [`share`] divides requests by weight.

pub mod authority;
pub mod places;
pub mod redirect;
pub mod share;
