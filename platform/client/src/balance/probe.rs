//! Active health: endpoints are asked whether they are ready, as long as somebody calls them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use http::{Request, Response};

use crate::balance::endpoints::{Endpoints, State};
use crate::balance::state::OutReason;
use crate::unanswered::{Cause, Unanswered};
use crate::{Address, Body};

/// What is asked for. A door that does not know it answers all the same, and whoever answers is there.
const PATH: &str = "/readyz";

/// How long after the last call probing goes on.
const INTEREST: Duration = Duration::from_secs(5);

impl Endpoints {
    /// Probes the endpoints until it is dropped: each one again and again while there are calls, none while there are
    /// not. One alone is not probed: there is nobody else to call. Run it as a task; one of them for all callers.
    pub async fn look_after(self) {
        loop {
            let Some(due) = self.due() else {
                self.awake().notified().await;
                continue;
            };
            let began = self.now();
            let (every, limit) = self.pace();
            join_all(due.into_iter().map(|(serial, address)| self.probe(serial, address, limit))).await;
            let rest = every.saturating_sub(self.now().saturating_sub(began));
            tokio::select! {
                biased;
                () = self.clock().sleep(rest) => {}
                () = self.awake().notified() => {}
            }
        }
    }

    /// Whom to probe now; `None` when nobody is interested.
    fn due(&self) -> Option<Vec<(u64, Arc<Address>)>> {
        let now = self.now();
        let mut state = self.state();
        let is_wanted = state.last_call.is_some_and(|last| now.saturating_sub(last) < INTEREST);
        if !is_wanted || state.list.len() < 2 {
            state.is_asleep = true;
            return None;
        }
        let far = state.list.iter().filter(|endpoint| !endpoint.located.address.is_near());
        Some(far.map(|endpoint| (endpoint.serial, endpoint.address.clone())).collect())
    }

    fn pace(&self) -> (Duration, Duration) {
        let state = self.state();
        (state.options.probe_every, state.options.probe_timeout)
    }

    async fn probe(&self, serial: u64, address: Arc<Address>, limit: Duration) {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = http::Uri::from_static(PATH);
        let reason = match self.clock().timeout(limit, address.send(request)).await {
            Err(_) => Some(OutReason::Unresponsive),
            Ok(answer) => said_by(&answer),
        };
        let now = self.now();
        let mut state = self.state();
        match reason {
            Some(reason) => drop(state.eject(serial, reason, now)),
            None => back(&mut state, serial, now),
        }
    }
}

fn back(state: &mut State, serial: u64, now: Duration) {
    if let Some(endpoint) = state.find(serial) {
        endpoint.come_back(now);
    }
}

/// Why an endpoint that answered so is left alone.
fn said_by(answer: &Result<Response<Body>, Unanswered>) -> Option<OutReason> {
    match answer {
        Ok(response) if response.status().is_server_error() => Some(OutReason::NotReady),
        Ok(_) => None,
        Err(Unanswered { cause: Cause::Refused, .. }) => Some(OutReason::Refused),
        Err(Unanswered { cause: Cause::Reset, .. }) => Some(OutReason::Reset),
        Err(Unanswered { cause: Cause::Busy | Cause::Broken, .. }) => None,
    }
}
