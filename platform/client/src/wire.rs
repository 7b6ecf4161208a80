//! What stands in for a network between a caller and a peer: for simulation.

use std::fmt;
use std::time::Duration;

use http::{Request, Response};
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::unanswered::{Cause, Unanswered};
use crate::{Body, BoxFuture};

/// Carries requests to one peer, and their answers back. It may take its time, lose either, or carry a request twice.
///
/// A future that it gives may be dropped at any await; one that never ends is a network that says nothing, and the
/// caller's deadline is what ends the call.
pub trait Wire: Send + Sync + fmt::Debug {
    /// Carries `request` and its answer.
    fn carry(&self, request: Request<Body>) -> BoxFuture<'static, Result<Response<Body>, Lost>>;
}

/// How a request was lost, as far as its sender can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Nobody took it: it cannot have had an effect.
    Refused,
    /// The connection broke after it had left: it may have arrived.
    Reset,
}

pub(crate) async fn carry(wire: &dyn Wire, request: Request<Body>) -> Result<Response<Body>, Unanswered> {
    wire.carry(request).await.map_err(|lost| {
        let (reason, cause) = match lost {
            Lost::Refused => ("the connection was refused", Cause::Refused),
            Lost::Reset => ("the connection broke", Cause::Reset),
        };
        let detail = format!("The request was not answered: {reason}.");
        let problem = Problem::new(&UNAVAILABLE).detail(detail).retry_after(Duration::from_secs(1));
        Unanswered { problem, cause }
    })
}
