//! A peer as a service calls it: with the right context, deadline, policies and metrics when nothing is said.

use std::time::Duration;

use tradewind_client::{
    BreakerState, Caller, EndpointCondition, FallbackReason, OutReason, Peer, PeerState, RefusalReason, Seen,
};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Secret};

use crate::http::Call;
use crate::metrics::{Kind, Metrics};

/// A peer that a service needs for its own answers.
///
/// Every call through it carries who asks, the trace and the process; ends with the request that it is made for,
/// and sooner if [`Dependency::within`] says so; passes the policies that the settings put before the peer; and
/// shows in the metrics of this service.
#[derive(Debug, Clone)]
pub struct Dependency {
    peer: Peer,
    /// What an internal door wants to see.
    secret: Option<Secret>,
    limit: Duration,
    clock: Clock,
    entropy: Entropy,
}

impl Dependency {
    pub(crate) fn new(
        peer: Peer,
        secret: Option<Secret>,
        limit: Duration,
        (clock, entropy): (Clock, Entropy),
    ) -> Self {
        Self { peer, secret, limit, clock, entropy }
    }

    /// Lets a call take at most `limit`; without it, as long as a request may take.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Calls on behalf of a request; what its sender has seen, the peer is told. Nothing is waited for longer than whoever sent the request waits.
    #[must_use]
    pub fn caller(&self, call: &Call) -> Caller {
        self.call(call.context().clone(), call.deadline()).seen(Seen::of(call.position()))
    }

    /// Calls for work that no request waits for, such as the handling of an event.
    #[must_use]
    pub fn caller_in(&self, context: Context) -> Caller {
        self.call(context, Deadline::after(&self.clock, self.limit))
    }

    fn call(&self, context: Context, deadline: Deadline) -> Caller {
        let deadline = deadline.nearer(Deadline::after(&self.clock, self.limit));
        let (clock, entropy) = (self.clock.clone(), self.entropy.clone());
        let caller = Caller::new(self.peer.clone(), context, deadline, clock, entropy);
        match &self.secret {
            Some(secret) => caller.bearer(secret.clone()),
            None => caller,
        }
    }
}

/// Shows what the policies before a peer know. They are shared by all services of the process that call it.
pub(crate) fn observe(metrics: &Metrics, peer: &Peer) {
    let label = ("peer", peer.name().to_owned());
    type Read = fn(&PeerState) -> u64;
    let gauges: [(&'static str, &'static str, Read); 4] = [
        ("peer_breaker_state", "0 closed, 1 half-open, 2 open", |state| match state.breaker {
            BreakerState::Closed => 0,
            BreakerState::HalfOpen { .. } => 1,
            BreakerState::Open { .. } => 2,
        }),
        ("peer_calls_in_flight", "Calls under way", |state| count(state.in_flight)),
        ("peer_calls_waiting", "Calls that wait for room in the bulkhead", |state| count(state.waiting)),
        ("peer_retries_allowed", "Retries that the budget allows now", |state| state.budget),
    ];
    for (name, help, read) in gauges {
        let peer = peer.clone();
        let labels = [label.clone()];
        metrics.observe_with(name, help, Kind::Gauge, &labels, move || {
            peer.state().map(|state| gauge(read(&state)))
        });
    }
    for reason in RefusalReason::ALL {
        let labels = [label.clone(), ("reason", reason.name().to_owned())];
        let (peer, help) = (peer.clone(), "Calls and tries that a policy refused");
        metrics.observe_with("peer_refusals_total", help, Kind::Counter, &labels, move || {
            peer.state().and_then(|state| state.refusals.get(&reason).copied())
        });
    }
    for reason in FallbackReason::ALL {
        let labels = [label.clone(), ("reason", reason.name().to_owned())];
        let (peer, help) = (peer.clone(), "Answers that a fallback gave in the peer's stead");
        metrics.observe_with("peer_fallbacks_total", help, Kind::Counter, &labels, move || {
            peer.state().and_then(|state| state.fallbacks.get(&reason).copied())
        });
    }
}

/// Shows how the endpoints of a peer are, and how they share its calls.
pub(crate) fn observe_endpoints(metrics: &Metrics, peer: &Peer) {
    let label = ("peer", peer.name().to_owned());
    for state in EndpointCondition::NAMES {
        let labels = [label.clone(), ("state", state.to_owned())];
        let (peer, help) = (peer.clone(), "Endpoints by how they are");
        let is_so = move |seen: &PeerState| {
            count(seen.endpoints.iter().filter(|each| each.condition.name() == state).count())
        };
        metrics.observe_with("peer_endpoints", help, Kind::Gauge, &labels, move || {
            peer.state().map(|seen| gauge(is_so(&seen)))
        });
    }
    type Read = fn(&PeerState) -> u64;
    let counters: [(&'static str, &'static str, Read); 2] = [
        ("peer_picks_total", "Requests that were sent to an endpoint", |seen| seen.picks),
        ("peer_rerouted_total", "Requests that one endpoint failed and that were sent to another", |seen| {
            seen.rerouted
        }),
    ];
    for (name, help, read) in counters {
        let peer = peer.clone();
        metrics.observe_with(name, help, Kind::Counter, std::slice::from_ref(&label), move || {
            peer.state().map(|seen| read(&seen))
        });
    }
    for reason in OutReason::ALL {
        let labels = [label.clone(), ("reason", reason.name().to_owned())];
        let (peer, help) = (peer.clone(), "How often endpoints were left alone from then on");
        metrics.observe_with("peer_ejections_total", help, Kind::Counter, &labels, move || {
            peer.state().and_then(|seen| seen.ejections.get(&reason).copied())
        });
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn gauge(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
