//! Peers at the internal door: where the endpoints of every peer of this process are, how they are, and why one is
//! left alone.

use schemars::JsonSchema;
use serde::Serialize;
use tradewind_client::{BreakerState, EndpointState, PeerState, PhoneBook};

use crate::http::{Reply, Routes, WATCHED, operation};

/// A peer, for those who look on.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PeerView {
    /// Its name in the phone book.
    name: String,
    /// Who says where its endpoints are.
    source: String,
    /// Why that could not be asked lately.
    trouble: Option<String>,
    /// Calls under way.
    in_flight: u64,
    /// Calls that wait for room.
    waiting: u64,
    /// Retries that its budget allows now.
    retries_allowed: u64,
    /// Calls that one endpoint failed and that were sent to another.
    rerouted: u64,
    /// Its endpoints.
    endpoints: Vec<EndpointView>,
}

/// An endpoint of a peer.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct EndpointView {
    /// Its address.
    address: String,
    /// The life of its instance, where the source knows.
    instance: Option<String>,
    /// `ready`, `warming`, `leaving`, `out` or `tripped`.
    state: &'static str,
    /// Why it does not get its share of the calls.
    why: Option<String>,
    /// `closed`, `half-open` or `open`.
    breaker: &'static str,
    /// How long it is expected to take, in microseconds.
    latency_micros: Option<u64>,
    /// Calls under way.
    in_flight: u32,
    /// How often it was chosen.
    picks: u64,
    /// How often it gave no answer, or one that says that it failed.
    failures: u64,
}

/// Adds the route that shows the peers of `book`.
pub(crate) fn add_to<S: Send + Sync + 'static>(routes: Routes<S>, book: &PhoneBook) -> Routes<S> {
    let book = book.clone();
    routes
        .get(WATCHED[7], move |_, call| {
            let book = book.clone();
            async move {
                call.no_query()?;
                Reply::ok(&book.peers_state().into_iter().map(PeerView::from).collect::<Vec<_>>())
            }
        })
        .describe(
            operation("Show the peers of this process, and how their endpoints are")
                .answers::<Vec<PeerView>>(200),
        )
}

impl From<PeerState> for PeerView {
    fn from(state: PeerState) -> Self {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Self {
            name: state.name,
            source: state.source,
            trouble: state.trouble,
            in_flight: count(state.in_flight),
            waiting: count(state.waiting),
            retries_allowed: state.budget,
            rerouted: state.rerouted,
            endpoints: state.endpoints.into_iter().map(EndpointView::from).collect(),
        }
    }
}

impl From<EndpointState> for EndpointView {
    fn from(state: EndpointState) -> Self {
        let micros = |latency: std::time::Duration| u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        Self {
            address: state.name,
            instance: state.instance,
            state: state.condition.name(),
            why: state.condition.why(),
            breaker: match state.breaker {
                BreakerState::Closed => "closed",
                BreakerState::HalfOpen { .. } => "half-open",
                BreakerState::Open { .. } => "open",
            },
            latency_micros: state.latency.map(micros),
            in_flight: state.in_flight,
            picks: state.picks,
            failures: state.failures,
        }
    }
}
