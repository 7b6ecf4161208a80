//! What lies between a request and its copies.

mod counts;
mod line;

pub use counts::{CopyCounts, CopyLost};
pub(crate) use line::{CopiedBody, Feeds, Watch};
