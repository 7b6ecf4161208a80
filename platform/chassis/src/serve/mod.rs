//! Sockets: listening, guarding and serving connections until they are asked to end.

mod connection;
mod guard;
mod http2;
mod listener;
mod protocol;
mod streams;

pub use guard::{ConnectionGuard, GuardFactory, GuardRefusal};
pub use listener::{ListenError, listen};

pub(crate) use connection::ConnectionLimits;
pub(crate) use guard::OnRefusal;
pub(crate) use listener::{Accepting, Listener, accept, accept_on_own_thread};
