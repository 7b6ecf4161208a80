//! `GRPCRoute`.

use tradewind_gateway_api::Body;
use tradewind_gateway_api::filter::Filter;
use tradewind_gateway_api::grpc_route::{GrpcRule, MethodMatch};

use crate::support::{accepted, document, refused_for};

fn rule(lines: &str) -> String {
    let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    document("GRPCRoute", &format!("rules:\n-\n{lines}"))
}

fn accepted_rule(text: &str) -> GrpcRule {
    let Body::GrpcRoute(mut route) = accepted(text).body else { panic!("{text}") };
    route.rules.remove(0)
}

#[test]
fn methods() {
    let found = |method: &str| {
        accepted_rule(&rule(&format!("matches: [{{method: {method}}}]"))).matches[0].method.clone().unwrap()
    };
    let exact = |service: Option<&str>, method: Option<&str>| MethodMatch::Exact {
        service: service.map(str::to_owned),
        method: method.map(str::to_owned),
    };
    assert_eq!(found("{service: a.b.C, method: D}"), exact(Some("a.b.C"), Some("D")));
    assert_eq!(found("{service: a.b.C}"), exact(Some("a.b.C"), None));
    assert_eq!(found("{method: D, type: Exact}"), exact(None, Some("D")));
    assert!(matches!(
        found("{type: RegularExpression, service: 'a\\.[bc]'}"),
        MethodMatch::RegularExpression { method: None, .. }
    ));
    let refuse = |method: &str, reason: &str| {
        refused_for(&rule(&format!("matches: [{{method: {method}}}]")), reason);
    };
    refuse("{}", "One or both of 'service' or 'method' must be specified");
    refuse("{service: a/b}", "service must only contain valid characters");
    refuse("{method: a.b}", "method must only contain valid characters");
    refuse("{type: Prefix, method: a}", "must be one of Exact, RegularExpression");
}

#[test]
fn headers_filters_and_backends() {
    let found = accepted_rule(&rule(
        "name: all\nmatches: [{headers: [{name: a, value: b}]}]\nfilters:\n- {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}]}}\n\
         - {type: RequestMirror, requestMirror: {backendRef: {name: c, port: 2}}}\nbackendRefs: [{name: a, port: 1, weight: 3}]",
    ));
    assert_eq!(found.backend_refs[0].weight, 3);
    assert!(matches!(found.filters[1], Filter::Mirror(_)));
    refused_for(&rule("filters: [{type: URLRewrite, urlRewrite: {}}]"), "must be one of");
    refused_for(&rule("timeouts: {request: 1s}"), "`spec.rules[0].timeouts` is not a known field");
    refused_for(&rule("backendRefs: [{name: a}]"), "Must have port for Service reference");
    let Body::GrpcRoute(route) = accepted(&document("GRPCRoute", "hostnames: [a.example]")).body else {
        panic!()
    };
    assert!(route.rules.is_empty());
}
