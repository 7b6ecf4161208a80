//! What a mail tells, and when it is tried; pure.

mod content;
mod schedule;

pub(crate) use content::{Content, Tongue};
pub(crate) use schedule::Schedule;
