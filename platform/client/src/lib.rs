//! Calling peers: the same client whether a peer is a router in this process or an address.
//!
//! A [`Peer`] is a name in a [`PhoneBook`]. A call carries its [`Context`](tradewind_kernel::Context) and
//! what is left of its deadline in headers, near or far alike, and a failure comes back as a
//! [`Problem`](tradewind_problem::Problem).
//!
//! Before each peer stand its [`Policies`], shared by all of its callers. A call passes them from the outside
//! in: deadline, bulkhead, throttle, retry, breaker. Each refusal says which of them refused and when another
//! try makes sense, and [`PhoneBook::peers_state`] shows what they know.

#![warn(missing_docs)]

mod address;
mod balance;
mod body;
mod book;
mod call;
mod connect;
mod discovery;
mod far;
mod foreign;
mod forward;
mod grpc;
mod guard;
pub mod headers;
mod mutants;
mod near;
mod policy;
mod seen;
mod unanswered;
mod wire;

pub use address::Address;
pub use balance::{EndpointCondition, EndpointState, Endpoints, Located, OutReason};
pub use body::{Body, BodyError, BodySender, BodyWatch, ReaderGone};
pub use book::{Peer, PhoneBook, UnknownPeer};
pub use call::{Answer, Caller, Source};
pub use discovery::{
    Connect, Discovery, Dns, Fixed, Follower, Found, InvalidWhereabouts, Slices, Standpoint, Whereabouts,
};
pub use far::{FarClient, InvalidAddress};
pub use foreign::{ForeignAnswer, ForeignClient, ForeignError, ForeignUrl, InvalidUrl};
pub use guard::PeerState;
pub use mutants::MUTANTS;
pub use near::{BoxFuture, Handler, NearDoor, NearReceiver, handler, near};
pub use policy::{
    BalanceOptions, BreakerOptions, BreakerReason, BreakerState, BulkheadOptions, FallbackReason, Policies,
    RefusalReason, RetryOptions, ThrottleOptions,
};
pub use seen::Seen;
pub use wire::{Lost, Wire};
