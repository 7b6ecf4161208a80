//! Calling peers: the same client whether a peer is a router in this process or an address.
//!
//! A [`Peer`] is a name in a [`PhoneBook`]. A call carries its [`Context`](tradewind_kernel::Context) and
//! what is left of its deadline in headers, near or far alike, and a failure comes back as a
//! [`Problem`](tradewind_problem::Problem).

#![warn(missing_docs)]

mod body;
mod book;
mod call;
mod far;
pub mod headers;
mod near;
#[expect(dead_code, reason = "calls do not pass through them yet")]
mod policy;

pub use body::{Body, BodyError};
pub use book::{Address, Peer, PhoneBook, UnknownPeer};
pub use call::Caller;
pub use far::{FarClient, InvalidAddress};
pub use near::{BoxFuture, Handler, NearDoor, NearReceiver, handler, near};
pub use policy::{
    BreakerOptions, BreakerReason, BreakerState, BulkheadOptions, Policies, RefusalReason, RetryOptions,
    ThrottleOptions,
};
