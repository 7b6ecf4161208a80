//! `ListenerPolicy`: of each field a document that is taken, and some that are not.

use std::time::Duration;

use tradewind_gateway_api::Body;
use tradewind_gateway_api::filter::Fraction;
use tradewind_gateway_api::policy::ListenerPolicy;
use tradewind_gateway_api::policy::listener::{
    AccessLog, ClientCertificateMode, Http2, ListenerLimits, ListenerTimeouts, ProxyProtocol,
};

use crate::support::{accepted, policy, refused_policy};

fn taken(spec: &str) -> ListenerPolicy {
    let Body::ListenerPolicy(policy) = accepted(&policy("ListenerPolicy", spec)).body else {
        panic!("{spec}")
    };
    *policy
}

#[track_caller]
fn refuse(spec: &str, reason: &str) {
    refused_policy("ListenerPolicy", spec, reason);
}

#[test]
fn a_policy_that_says_nothing_says_nothing() {
    let found = taken("trustedProxies: []");
    let expected = ListenerPolicy {
        target_refs: found.target_refs.clone(),
        trusted_proxies: Some(Vec::new()),
        ..ListenerPolicy::default()
    };
    assert_eq!(found, expected);
}

#[test]
fn targets() {
    let target = |fields: &str| format!("targetRefs: [{{group: gateway.networking.k8s.io, {fields}}}]");
    let found = taken(&target("kind: Gateway, name: a, sectionName: web"));
    assert_eq!(found.target_refs[0].section_name.as_deref(), Some("web"));
    refuse(&target("kind: «HTTPRoute, name: a"), "targetRefs[0].kind` must be one of Gateway");
    refuse(&target("kind: Gateway, name: a, sectionName: «Web"), "must match the pattern");
    refuse("targetRefs: [{group: «'', kind: Gateway, name: a}]", "must be one of gateway.networking.k8s.io");
}

#[test]
fn whose_headers_are_believed() {
    let found = taken("trustedProxies: [10.0.0.0/8, 'fd00::/8']").trusted_proxies.unwrap();
    assert!(found[0].contains("10.1.1.1".parse().unwrap()) && found[1].contains("fd00::1".parse().unwrap()));
    refuse("trustedProxies: [«10.0.0.1]", "`spec.trustedProxies[0]` must be a block of addresses");
    refuse("trustedProxies: [«'fd00::/129']", "must be a block of addresses such as 10.0.0.0/8");
}

#[test]
fn the_proxy_protocol_is_not_read_yet() {
    assert_eq!(taken("proxyProtocol: {}").proxy_protocol, Some(ProxyProtocol::default()));
    refuse("proxyProtocol: {mode: «V2}", "`spec.proxyProtocol.mode` must be one of Disabled");
}

#[test]
fn bounds_of_connections_and_heads() {
    assert_eq!(taken("limits: {}").limits, Some(ListenerLimits::default()));
    let found = taken(
        "limits: {maxConnections: 1, maxConnectionsPerClient: 2, maxRequestsPerConnection: 3, maxHeadBytes: 1024, maxHeaders: 8}",
    );
    let expected = ListenerLimits {
        max_connections: 1,
        max_connections_per_client: 2,
        max_requests_per_connection: 3,
        max_head_bytes: 1_024,
        max_headers: 8,
    };
    assert_eq!(found.limits, Some(expected));
    for (field, least, most, wrong) in [
        ("maxConnections", 1, 1_000_000, 0),
        ("maxConnectionsPerClient", 1, 1_000_000, 0),
        ("maxRequestsPerConnection", 1, 1_000_000, 0),
        ("maxHeadBytes", 1_024, 1_048_576, 1_023),
        ("maxHeaders", 8, 1_000, 1_001),
    ] {
        refuse(
            &format!("limits: {{{field}: «{wrong}}}"),
            &format!("`spec.limits.{field}` must be a whole number from {least} to {most}, not {wrong}"),
        );
    }
}

#[test]
fn bounds_of_phases() {
    assert_eq!(taken("timeouts: {}").timeouts, Some(ListenerTimeouts::default()));
    let found = taken(
        "timeouts: {tlsHandshake: 1s, requestHead: 2s, requestBodyIdle: 3s, idle: 4s, writeStall: 5s, maxConnectionAge: 6m}",
    );
    let seconds = Duration::from_secs;
    let expected = ListenerTimeouts {
        tls_handshake: seconds(1),
        request_head: seconds(2),
        request_body_idle: seconds(3),
        idle: seconds(4),
        write_stall: seconds(5),
        max_connection_age: seconds(360),
    };
    assert_eq!(found.timeouts, Some(expected));
    for (field, wrong, bounds) in [
        ("tlsHandshake", "99ms", "from 100ms to 1m"),
        ("requestHead", "6m", "from 100ms to 5m"),
        ("requestBodyIdle", "999ms", "from 1s to 10m"),
        ("idle", "2h", "from 1s to 1h"),
        ("writeStall", "0s", "from 1s to 10m"),
        ("maxConnectionAge", "59s", "from 1m to 24h"),
    ] {
        refuse(
            &format!("timeouts: {{{field}: «{wrong}}}"),
            &format!("`spec.timeouts.{field}` breaks a rule: must be {bounds}"),
        );
    }
}

#[test]
fn bounds_of_http2() {
    assert_eq!(taken("http2: {}").http2, Some(Http2::default()));
    let found = taken(
        "http2: {maxConcurrentStreams: 1, maxResetsPerMinute: 2, initialStreamWindowSize: 65535, initialConnectionWindowSize: 65536}",
    );
    let expected = Http2 {
        max_concurrent_streams: 1,
        max_resets_per_minute: 2,
        initial_stream_window_size: 65_535,
        initial_connection_window_size: 65_536,
    };
    assert_eq!(found.http2, Some(expected));
    refuse("http2: {maxConcurrentStreams: «1001}", "from 1 to 1000, not 1001");
    refuse("http2: {maxResetsPerMinute: «0}", "from 1 to 100000, not 0");
    refuse("http2: {initialStreamWindowSize: «65534}", "from 65535 to 16777216, not 65534");
    refuse("http2: {initialConnectionWindowSize: «16777217}", "from 65535 to 16777216, not 16777217");
}

#[test]
fn certificates_of_clients() {
    let found = taken("clientCertificate: {caCertificateRefs: [{name: ca}, {kind: Secret, name: other}]}");
    let found = found.client_certificate.unwrap();
    assert_eq!(found.mode, ClientCertificateMode::Required);
    let kinds: Vec<&str> =
        found.ca_certificate_refs.iter().map(|reference| reference.kind.as_str()).collect();
    assert_eq!(kinds, ["ConfigMap", "Secret"]);
    let mode = |spec: &str| taken(spec).client_certificate.unwrap().mode;
    assert_eq!(mode("clientCertificate: {mode: Disabled}"), ClientCertificateMode::Disabled);
    assert_eq!(
        mode("clientCertificate: {mode: Optional, caCertificateRefs: [{name: a}]}"),
        ClientCertificateMode::Optional
    );
    let rule = "caCertificateRefs must be there unless mode is Disabled, and only then";
    refuse("clientCertificate: «{}", rule);
    refuse("clientCertificate: «{mode: Disabled, caCertificateRefs: [{name: a}]}", rule);
    refuse("clientCertificate: {mode: «None}", "must be one of Required, Optional, Disabled");
    let refuse = |fields: &str, reason: &str| {
        refuse(&format!("clientCertificate: {{caCertificateRefs: [{fields}]}}"), reason);
    };
    refuse("{kind: «Certificate, name: a}", "must be one of ConfigMap, Secret");
    refuse("{group: «cert-manager.io, name: a}", "must be one of \"\"");
    refuse("{name: «''}", "caCertificateRefs[0].name` must not be empty");
}

#[test]
fn a_line_for_each_request() {
    assert_eq!(taken("accessLog: {}").access_log, Some(AccessLog::default()));
    let found = taken("accessLog: {enabled: false, samplingFraction: {numerator: 1}}").access_log.unwrap();
    assert_eq!(
        (found.enabled, found.sampling_fraction),
        (false, Some(Fraction { numerator: 1, denominator: 100 }))
    );
    refuse("accessLog: {enabled: «no}", "must be written true or false, not no");
    refuse("accessLog: {samplingFraction: «{numerator: 101}}", "numerator must not be more than denominator");
    refuse("accessLog: {samplingFraction: {numerator: 0, denominator: «0}}", "from 1 to 1000000, not 0");
    refuse("accessLog: {samplingFraction: {numerator: «-1}}", "from 0 to 1000000, not -1");
    refuse("accessLog: {samplingFraction: «{}}", "lacks the field `numerator`");
}
