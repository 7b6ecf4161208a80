//! What is decided without I/O: signatures, and when to try again.

mod schedule;
mod signature;

pub(crate) use schedule::{Schedule, Verdict, judge};
pub(crate) use signature::{SECRET_BYTES, SigningSecret, sign};
