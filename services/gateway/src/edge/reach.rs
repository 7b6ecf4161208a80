//! How a backend is reached, as its policy says.

use std::net::SocketAddr;

use tradewind_data_plane::{
    BackendProtocol, BalanceBy, Check, CheckSettings, Cluster, ClusterSettings, Persistence,
};
use tradewind_edge::session::SessionCookie;
use tradewind_gateway_api::policy::backend::{
    BackendProtocol as Wanted, HashKey, LoadBalancer, SessionPersistence,
};
use tradewind_routing::{BackendId, EffectiveBackendPolicy};

use crate::edge::{Endpoints, Routes, Secured, Shared};

/// How connections to a backend are made, and which endpoint gets a request.
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
        // It is over all endpoints that there may be so many.
        most_requests: u32::MAX,
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

/// The addresses of a backend.
fn endpoints<'a>(routes: &'a Routes, backend: &BackendId) -> &'a [SocketAddr] {
    if routes.secured.get(backend).is_some_and(|secured| secured.tls.is_none()) {
        // In clear nobody may go there.
        return &[];
    }
    routes.endpoints.get(backend).map(Endpoints::all).unwrap_or_default()
}

/// Tells a cluster where its backend is.
pub(crate) fn lead(cluster: &Cluster, routes: &Routes, backend: &BackendId) {
    cluster.set_endpoints(endpoints(routes, backend));
    let known = routes.endpoints.get(backend);
    cluster.set_spare(&|address| known.is_some_and(|known| known.helps_out(&address)));
}

/// What of the backends is checked. Those that no rule leads to are left alone.
pub(crate) fn checks(routes: &Routes, shared: &Shared) -> Vec<Check> {
    let check = |backend: &BackendId| {
        let policy = routes.table.backend_policy(backend);
        let active = policy.health_check.active.as_ref()?;
        Some(Check {
            name: backend.to_string().into(),
            endpoints: endpoints(routes, backend).to_vec(),
            cluster: settings(policy, routes.secured.get(backend), (shared, 0)),
            settings: CheckSettings {
                path: active.path.clone(),
                interval: active.interval,
                timeout: active.timeout,
                healthy: active.healthy_threshold,
                unhealthy: active.unhealthy_threshold,
                statuses: active.expected_statuses.iter().copied().collect(),
            },
        })
    };
    routes.table.backends().iter().filter_map(check).collect()
}
