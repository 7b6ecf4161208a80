//! What travels.

use serde::de::DeserializeOwned;
use tradewind_kernel::{Id, TraceContext};
use tradewind_problem::{INVALID_BODY, Problem};

/// A message: a type, a body in JSON, and what it belongs to. [`Bus::message`](super::Bus::message) makes one.
#[derive(Debug, Clone)]
pub struct Message {
    /// Unique among all messages; the same each time that it is delivered.
    pub id: Id,
    /// The name and version of its type, such as `tradewind.lamps.switch-on.v1`.
    pub kind: String,
    /// The process it belongs to.
    pub correlation: Id,
    /// The trace it belongs to.
    pub trace: TraceContext,
    /// JSON.
    pub body: Vec<u8>,
}

impl Message {
    /// The body as a value of the platform's or a contract's type.
    ///
    /// # Errors
    /// [`INVALID_BODY`] with what does not fit.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let detail = format!("The body of {} is not what this type has: {error}", self.kind);
            Problem::new(&INVALID_BODY).detail(detail)
        })
    }
}
