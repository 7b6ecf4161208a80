//! `BackendPolicy`: of each field a document that is taken, and some that are not.

use std::collections::BTreeSet;
use std::time::Duration;

use tradewind_gateway_api::Body;
use tradewind_gateway_api::policy::BackendPolicy;
use tradewind_gateway_api::policy::backend::{
    AdaptiveConcurrency, BackendProtocol, BackendTimeouts, CircuitBreaker, HashKey, LoadBalancer, SlowStart,
};
use tradewind_gateway_api::policy::health::{HealthCheck, PassiveHealthCheck};

use crate::support::{accepted, policy, refused_policy};

fn taken(spec: &str) -> BackendPolicy {
    let Body::BackendPolicy(policy) = accepted(&policy("BackendPolicy", spec)).body else { panic!("{spec}") };
    *policy
}

#[track_caller]
fn refuse(spec: &str, reason: &str) {
    refused_policy("BackendPolicy", spec, reason);
}

#[test]
fn a_policy_that_says_nothing_says_nothing() {
    let found = taken("protocol: HTTP1");
    let expected = BackendPolicy {
        target_refs: found.target_refs.clone(),
        protocol: Some(BackendProtocol::Http1),
        ..BackendPolicy::default()
    };
    assert_eq!(found, expected);
}

#[test]
fn targets() {
    let target = |fields: &str| format!("targetRefs: [{{{fields}}}]");
    let found = taken(&target("group: '', kind: Service, name: a, sectionName: web"));
    assert_eq!(found.target_refs[0].section_name.as_deref(), Some("web"));
    refuse(&target("group: «apps, kind: Service, name: a"), "targetRefs[0].group` must be one of \"\"");
    refuse(&target("group: '', kind: «HTTPRoute, name: a"), "targetRefs[0].kind` must be one of Service");
    refuse(&target("group: '', kind: Service, name: «''"), "targetRefs[0].name` must not be empty");
    refuse(&target("group: '', kind: Service, name: a, sectionName: «'80:'"), "must match the pattern");
    refuse("targetRefs: [«{group: '', kind: Service}]", "lacks the field `name`");
}

#[test]
fn which_endpoint_gets_a_request() {
    let balancer = |fields: &str| taken(&format!("loadBalancer: {fields}")).load_balancer.unwrap();
    assert_eq!(balancer("{}"), LoadBalancer::PeakEwma);
    let hash = |fields: &str| balancer(&format!("{{type: ConsistentHash, consistentHash: {fields}}}"));
    assert_eq!(hash("{}"), LoadBalancer::ConsistentHash(HashKey::Client));
    assert_eq!(
        hash("{type: Header, name: X-Tenant}"),
        LoadBalancer::ConsistentHash(HashKey::Header("x-tenant".parse().unwrap()))
    );
    assert_eq!(
        hash("{type: Cookie, name: cart}"),
        LoadBalancer::ConsistentHash(HashKey::Cookie("cart".to_owned()))
    );
    refuse("loadBalancer: {type: «RoundRobin}", "must be one of PeakEwma, ConsistentHash");
    let rule = "consistentHash must be there when type is ConsistentHash, and only then";
    refuse("loadBalancer: «{type: ConsistentHash}", rule);
    refuse("loadBalancer: «{consistentHash: {}}", rule);
    let refuse = |fields: &str, reason: &str| {
        refuse(&format!("loadBalancer: {{type: ConsistentHash, consistentHash: {fields}}}"), reason);
    };
    refuse("{type: «Path}", "must be one of Client, Header, Cookie");
    refuse("«{type: Cookie}", "name must be there when type is Header or Cookie, and only then");
    refuse("«{name: a}", "name must be there when type is Header or Cookie, and only then");
    refuse("{type: Header, name: «'a b'}", "consistentHash.name` must match the pattern");
}

#[test]
fn a_client_stays_at_one_endpoint() {
    let session = |fields: &str| taken(&format!("sessionPersistence: {fields}")).session_persistence.unwrap();
    let found = session("{}");
    assert_eq!((found.session_name.as_str(), found.absolute_timeout), ("tradewind-session", None));
    let found = session("{sessionName: at, absoluteTimeout: 12h}");
    assert_eq!(
        (found.session_name.as_str(), found.absolute_timeout),
        ("at", Some(Duration::from_secs(43_200)))
    );
    refuse("sessionPersistence: {sessionName: «'a;b'}", "sessionName` must match the pattern");
    refuse("sessionPersistence: {absoluteTimeout: «0s}", "must be from 1s to 17520h");
}

#[test]
fn protocols() {
    assert_eq!(taken("protocol: H2C").protocol, Some(BackendProtocol::H2C));
    refuse("protocol: «http1", "`spec.protocol` must be one of HTTP1, H2C");
}

#[test]
fn asking_each_endpoint() {
    let active = |fields: &str| {
        let found =
            taken(&format!("healthCheck: {{active: {{path: /ready, {fields}}}}}")).health_check.unwrap();
        assert_eq!(found.passive, PassiveHealthCheck::default(), "the other half stays as it is");
        found.active.unwrap()
    };
    let found = active("");
    assert_eq!(
        (found.path.as_str(), found.interval, found.timeout),
        ("/ready", Duration::from_secs(5), Duration::from_secs(1))
    );
    assert_eq!((found.healthy_threshold, found.unhealthy_threshold), (1, 3));
    assert_eq!(found.expected_statuses, BTreeSet::from([200]));
    let found = active(
        "interval: 1s, timeout: 200ms, healthyThreshold: 2, unhealthyThreshold: 4, expectedStatuses: [200, 204]",
    );
    assert_eq!((found.interval, found.timeout), (Duration::from_secs(1), Duration::from_millis(200)));
    assert_eq!(
        (found.healthy_threshold, found.unhealthy_threshold, found.expected_statuses.len()),
        (2, 4, 2)
    );
    refuse("healthCheck: {active: «{}}", "`spec.healthCheck.active` lacks the field `path`");
    let refuse = |fields: &str, reason: &str| refuse(&format!("healthCheck: {{active: {fields}}}"), reason);
    refuse("{path: «ready}", "active.path` must match the pattern");
    refuse("{path: /, interval: «6m}", "must be from 1s to 5m");
    refuse("{path: /, timeout: «9ms}", "must be from 10ms to 1m");
    refuse("«{path: /, interval: 1s, timeout: 2s}", "timeout must not be more than interval");
    refuse("{path: /, healthyThreshold: «0}", "from 1 to 100, not 0");
    refuse("{path: /, unhealthyThreshold: «101}", "from 1 to 100, not 101");
    refuse("{path: /, expectedStatuses: «[]}", "must have 1 to 16 items");
    refuse("{path: /, expectedStatuses: [«99]}", "from 100 to 599, not 99");
}

#[test]
fn leaving_endpoints_alone_that_fail() {
    let none = "the definition and the type have one default";
    assert_eq!(taken("healthCheck: {}").health_check, Some(HealthCheck::default()), "{none}");
    let found = taken(
        "healthCheck: {passive: {consecutiveErrors: 3, baseEjectionTime: 5s, maxEjectionTime: 1m, maxEjectionPercent: 10}}",
    );
    let expected = PassiveHealthCheck {
        consecutive_errors: 3,
        base_ejection_time: Duration::from_secs(5),
        max_ejection_time: Duration::from_secs(60),
        max_ejection_percent: 10,
    };
    assert_eq!(found.health_check.unwrap().passive, expected);
    let refuse = |fields: &str, reason: &str| refuse(&format!("healthCheck: {{passive: {fields}}}"), reason);
    refuse("{consecutiveErrors: «0}", "from 1 to 1000, not 0");
    refuse("{baseEjectionTime: «99ms}", "must be from 100ms to 1h");
    refuse("{maxEjectionTime: «2h}", "must be from 100ms to 1h");
    refuse("«{baseEjectionTime: 20s}", "maxEjectionTime must not be less than baseEjectionTime");
    refuse("{maxEjectionPercent: «101}", "from 0 to 100, not 101");
}

#[test]
fn bounds_over_all_endpoints() {
    assert_eq!(taken("circuitBreaker: {}").circuit_breaker, Some(CircuitBreaker::default()));
    let found = taken("circuitBreaker: {maxConnections: 10, maxPendingRequests: 0, maxParallelRequests: 20}");
    let expected = CircuitBreaker { max_connections: 10, max_pending_requests: 0, max_parallel_requests: 20 };
    assert_eq!(found.circuit_breaker, Some(expected));
    refuse("circuitBreaker: {maxConnections: «0}", "from 1 to 1000000, not 0");
    refuse("circuitBreaker: {maxPendingRequests: «-1}", "from 0 to 1000000, not -1");
    refuse("circuitBreaker: {maxParallelRequests: «0}", "from 1 to 1000000, not 0");
}

#[test]
fn bounds_of_connections() {
    assert_eq!(taken("timeouts: {}").timeouts, Some(BackendTimeouts::default()));
    let found = taken("timeouts: {connect: 500ms, idle: 1m}").timeouts.unwrap();
    assert_eq!((found.connect, found.idle), (Duration::from_millis(500), Duration::from_secs(60)));
    refuse("timeouts: {connect: «61s}", "must be from 10ms to 1m");
    refuse("timeouts: {idle: «999ms}", "must be from 1s to 1h");
    refuse(
        "timeouts: {«request: 1s}",
        "`spec.timeouts.request` is not a known field; known here: connect, idle",
    );
}

#[test]
fn a_bound_that_adapts() {
    assert_eq!(taken("adaptiveConcurrency: {}").adaptive_concurrency, Some(AdaptiveConcurrency::default()));
    let found = taken(
        "adaptiveConcurrency: {enabled: false, minLimit: 1, maxLimit: 2, reserveForCriticalPercent: 0}",
    );
    let expected =
        AdaptiveConcurrency { enabled: false, min_limit: 1, max_limit: 2, reserve_for_critical_percent: 0 };
    assert_eq!(found.adaptive_concurrency, Some(expected));
    refuse("adaptiveConcurrency: {enabled: «1}", "must be true or false");
    refuse("adaptiveConcurrency: {minLimit: «0}", "from 1 to 100000, not 0");
    refuse("adaptiveConcurrency: {maxLimit: «100001}", "from 1 to 100000, not 100001");
    refuse("adaptiveConcurrency: «{minLimit: 2000}", "minLimit must not be more than maxLimit");
    refuse("adaptiveConcurrency: {reserveForCriticalPercent: «91}", "from 0 to 90, not 91");
}

#[test]
fn new_endpoints_begin_slowly() {
    assert_eq!(taken("slowStart: {}").slow_start, Some(SlowStart::default()));
    assert_eq!(taken("slowStart: {window: 0s}").slow_start.unwrap().window, Duration::ZERO);
    refuse("slowStart: {window: «11m}", "must be from 0s to 10m");
}
