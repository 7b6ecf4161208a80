//! Passing on what others ask: to the best endpoint, and to another one when that gave no answer.

use std::time::Duration;

use http::{Request, Response, StatusCode};
use tradewind_problem::Problem;

use crate::balance::{Ended, Pick, Wanted};
use crate::body::broke_off;
use crate::guard::Guard;
use crate::policy::retry::{Next, may_arrive_twice, repeat};
use crate::policy::verdict::Verdict;
use crate::unanswered::Unanswered;
use crate::{Body, headers, mutants};

/// The greatest body that is kept so that it can be sent again, in bytes.
const MOST_KEPT: usize = 64 * 1024;

/// How long a request without a deadline is tried again.
const LIMIT: Duration = Duration::from_secs(10);

/// Whether the time until the answer tells how quick an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It does.
    Measured,
    /// It waits by itself, as a long poll does.
    Waits,
}

/// A request, its way so far, and when it ends.
struct Passing<'a> {
    guard: &'a Guard,
    tried: Vec<u64>,
    /// Whether the peer may get it twice.
    is_repeatable: bool,
    pace: Pace,
    began: Duration,
    limit: Duration,
}

impl Guard {
    /// Sends a request as it is, and again where that is safe and may help.
    pub(crate) async fn forward(
        &self,
        request: Request<Body>,
        pace: Pace,
    ) -> Result<Response<Body>, Problem> {
        let request = if self.endpoints().are_near() { request } else { kept(request).await? };
        let mut passing = Passing {
            guard: self,
            tried: Vec::new(),
            is_repeatable: may_arrive_twice(request.method(), request.headers()),
            pace,
            began: self.endpoints().now(),
            limit: headers::timeout(request.headers()).unwrap_or(LIMIT),
        };
        self.deposit();
        passing.send(request).await
    }
}

impl Passing<'_> {
    async fn send(&mut self, request: Request<Body>) -> Result<Response<Body>, Problem> {
        let mut next = request;
        loop {
            let again = repeat(&next);
            let pick = self.pick()?;
            let sent = pick.address().send(next).await;
            let (outcome, may_repeat) = self.judge(pick, sent);
            let Some(again) = again.filter(|_| may_repeat) else { return outcome };
            match self.wait() {
                Some(wait) => self.guard.endpoints().clock().sleep(wait).await,
                None => return outcome,
            }
            next = self.with_rest(again);
        }
    }

    fn pick(&self) -> Result<Pick, Problem> {
        let wanted = Wanted {
            tried: &self.tried,
            is_repeatable: self.is_repeatable,
            through_breakers: false,
            is_urgent: self.pace == Pace::Measured,
        };
        let endpoints = self.guard.endpoints();
        let pick = endpoints.pick(&wanted);
        let pick = pick.map_err(|_| self.guard.nobody_there())?;
        if !self.tried.is_empty() && !self.tried.contains(&pick.serial()) {
            endpoints.count_rerouted();
        }
        Ok(pick)
    }

    /// What came back, and whether the request may be sent again.
    fn judge(
        &mut self,
        pick: Pick,
        sent: Result<Response<Body>, Unanswered>,
    ) -> (Result<Response<Body>, Problem>, bool) {
        self.tried.push(pick.serial());
        let waits = self.pace == Pace::Waits;
        match sent {
            Ok(response) => {
                pick.report(Ended::Answered(Verdict::of(response.status())), waits);
                // Whoever says so cannot answer now; somebody else perhaps can.
                let may = self.is_repeatable
                    && response.status() == StatusCode::SERVICE_UNAVAILABLE
                    && !response.headers().contains_key(headers::RETRIED)
                    && self.guard.endpoints().has_another(&self.tried);
                (Ok(response), may)
            }
            Err(Unanswered { problem, cause }) => {
                pick.report(Ended::Unanswered(cause), waits);
                (Err(problem), self.is_repeatable || cause.is_untouched())
            }
        }
    }

    /// The wait before another try; `None` when there is none.
    fn wait(&self) -> Option<Duration> {
        let endpoints = self.guard.endpoints();
        match self.guard.retry(&self.tried, Some(Duration::ZERO), self.remaining(), endpoints.entropy()) {
            Next::Again(wait) => Some(wait),
            Next::Answer | Next::GiveUp | Next::Spent => None,
        }
    }

    fn remaining(&self) -> Duration {
        let elapsed = self.guard.endpoints().now().saturating_sub(self.began);
        self.limit.saturating_sub(elapsed)
    }

    /// The same request with what is left of its deadline.
    fn with_rest(&self, mut request: Request<Body>) -> Request<Body> {
        if mutants::FRESH_KEY.is_planted() {
            mutants::change_key(request.headers_mut());
        }
        if headers::timeout(request.headers()).is_some() {
            headers::write_timeout(request.headers_mut(), self.remaining());
        }
        request
    }
}

/// The request with its body in memory, if that is small: only then it can be sent again.
async fn kept(request: Request<Body>) -> Result<Request<Body>, Problem> {
    let is_small = request.body().length().is_some_and(|length| length <= MOST_KEPT as u64);
    if !is_small {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let bytes = body.collect(MOST_KEPT).await.map_err(|_| broke_off())?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}
