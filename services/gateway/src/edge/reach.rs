//! How a backend is reached, as its policy says.

use tradewind_data_plane::{BackendProtocol, BalanceBy, ClusterSettings, Persistence};
use tradewind_edge::session::SessionCookie;
use tradewind_gateway_api::policy::backend::{
    BackendProtocol as Wanted, HashKey, LoadBalancer, SessionPersistence,
};
use tradewind_routing::EffectiveBackendPolicy;

use crate::edge::{Secured, Shared};

/// How connections to a backend are made, and which endpoint gets a request. Bounds over all endpoints and threads are
/// divided among the threads.
pub(crate) fn settings(
    policy: &EffectiveBackendPolicy,
    secured: Option<&Secured>,
    (shared, seed): (&Shared, u64),
) -> ClusterSettings {
    let passive = &policy.health_check.passive;
    let persistence = |of: &SessionPersistence| Persistence {
        cookie: SessionCookie { name: of.session_name.clone(), max_age: of.absolute_timeout },
        key: shared.session_key.clone(),
    };
    ClusterSettings {
        connect: policy.timeouts.connect,
        idle: policy.timeouts.idle,
        most_requests: policy.circuit_breaker.max_parallel_requests.div_ceil(shared.threads.max(1)),
        failures: passive.consecutive_errors,
        ejection: passive.base_ejection_time,
        longest_ejection: passive.max_ejection_time,
        most_ejected_percent: passive.max_ejection_percent,
        slow_start: policy.slow_start.window,
        threads: shared.threads,
        seed,
        balance: match &policy.load_balancer {
            LoadBalancer::PeakEwma => BalanceBy::Load,
            LoadBalancer::ConsistentHash(HashKey::Client) => BalanceBy::Client,
            LoadBalancer::ConsistentHash(HashKey::Header(name)) => BalanceBy::Header(name.clone()),
            LoadBalancer::ConsistentHash(HashKey::Cookie(name)) => BalanceBy::Cookie(name.clone()),
        },
        persistence: policy.session_persistence.as_ref().map(persistence),
        tls: secured.and_then(|secured| secured.tls.clone()),
        protocol: match policy.protocol {
            Wanted::Http1 => BackendProtocol::Http1,
            Wanted::H2C => BackendProtocol::Http2,
        },
        ..ClusterSettings::default()
    }
}
