//! Sockets: listening, guarding and serving connections until they are asked to end.

mod connection;
mod guard;
mod http2;
mod lingering;
mod listener;
mod protocol;
mod standalone;
mod streams;
mod wire;

pub use guard::{ConnectionGuard, GuardFactory, GuardRefusal};
pub use listener::{ListenError, listen};
pub use standalone::serve_handler;

pub(crate) use connection::{CameFrom, ConnectionLimits, Shown};
pub(crate) use guard::OnRefusal;
pub(crate) use listener::{Accepting, Listener, accept, accept_on_own_thread};
pub(crate) use wire::Wire;
