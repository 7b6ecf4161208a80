//! Carries HTTP between clients and backends.
//!
//! Each core has a thread with a listening socket of its own (`SO_REUSEPORT`), its own event loop and its own
//! connections to backends; on the way of a request nothing is shared with another thread, and nothing is locked. Which
//! backend a request goes to is not decided here: an [`Edge`] does it, once for each request, without waiting.
//!
//! A client's HTTP/1 is read by a front of our own: the strict readers of `http-validation` find the parts of a head
//! where they lie, and what goes on to the backend is written anew from them, so that no byte of a client reaches a
//! backend by accident. A connection to a backend is a socket in a list, without a task.
//!
//! - `server` opens sockets and starts threads, `serving` is what each of them does, `door` a listener as it has it open,
//!   `thread` is what all connections of one thread share, `task` its tasks,
//!   `bounds` what holds for those of one listener,
//! - `front` serves clients, `upstream` has the connections to backends, `attempt` and `exchange` are
//!   one request between the two, whose body has a `source`, `copies` are what mirrors get of it, by way of `copied`,
//! - `message` writes heads and follows bodies, `collected` counts what is here of those that are waited for,
//!   `compression` makes those of answers shorter,
//! - `checks` finds out which endpoints work, on a thread of its own,
//! - `io`, `buffer` and `timer` are what connections are made of.

#![warn(missing_docs)]

mod answer;
mod attempt;
mod bounds;
mod buffer;
mod checks;
mod collected;
mod compression;
mod copied;
mod copies;
mod door;
mod edge;
mod edits;
mod exchange;
mod front;
mod grpc;
mod io;
mod listener;
mod message;
mod outcome;
mod passing;
mod request;
mod server;
mod serving;
mod settings;
mod source;
mod task;
mod thread;
mod timer;
mod tls;
mod upstream;
mod verifier;

pub use answer::{Answer, BAD_GATEWAY, SLOW_REQUEST};
pub use bounds::{Bounds, ListenerBounds};
pub use checks::{Check, CheckSettings, Checks, Verdicts};
pub use compression::{Coding, Compression, Encoder, MediaTypes};
pub use copied::{CopyCounts, CopyLost};
pub use edge::{Decision, Edge, EdgeThread, Forward, Mirrored};
pub use edits::HeaderEdits;
pub use listener::Listener;
pub use outcome::{Answered, Outcome, Upstream};
pub use passing::{Admission, Introduction, Pass, Passed, Refused};
pub use request::{Protocol, ReadElsewhere, Request};
pub use server::{Bound, Server, ServerError};
pub use settings::{BackendProtocol, Limits, Settings, Timers};
pub use tls::{BackendTls, Certificate, ClientAuthority, ServerTls};
pub use upstream::affinity::{BalanceBy, Persistence};
pub use upstream::cluster::{Cluster, ClusterSettings};
pub use upstream::room::{Reached, Room, RoomBounds};
pub use verifier::CertificateName;
