//! `TLSRoute`: of each feature one document that is taken and some that are not, from the specification.

use tradewind_gateway_api::Body;
use tradewind_gateway_api::tls_route::TlsRoute;

use crate::support::{accepted, document, refused_for};

const RULES: &str = "rules: [{backendRefs: [{name: a, port: 443}]}]";

fn route(spec: &str) -> TlsRoute {
    match accepted(&document("TLSRoute", spec)).body {
        Body::TlsRoute(route) => route,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn wrong(spec: &str, reason: &str) {
    refused_for(&document("TLSRoute", spec), reason);
}

#[test]
fn hosts() {
    let found = route(&format!("hostnames: [a.example, '*.b.example']\n{RULES}"));
    assert_eq!(found.hostnames, ["a.example", "*.b.example"]);
    let many: Vec<String> = (0..1024).map(|number| format!("h{number}.example")).collect();
    assert_eq!(route(&format!("hostnames: [{}]\n{RULES}", many.join(", "))).hostnames.len(), 1024);
    wrong(&format!("hostnames: [{}, more.example]\n{RULES}", many.join(", ")), "must have 1 to 1024 items");
    wrong(RULES, "lacks the field `hostnames`");
    wrong(&format!("hostnames: []\n{RULES}"), "`spec.hostnames`");
    for name in ["A.example", "'*'", "a.*.example", "'*a.example'", "a_b", "a..b", "a."] {
        wrong(&format!("hostnames: [{name}]\n{RULES}"), "`spec.hostnames[0]`");
    }
    wrong(&format!("hostnames: [10.0.0.1]\n{RULES}"), "Hostnames cannot contain an IP");
    route(&format!("hostnames: [10.0.0]\n{RULES}"));
}

#[test]
fn backends() {
    let of =
        |backends: &str| format!("hostnames: [a.example]\nrules: [{{name: r, backendRefs: [{backends}]}}]");
    let found = route(&of("{name: a, port: 443}, {name: b, namespace: other, port: 8443, weight: 0}"));
    let rule = &found.rules[0];
    let seen: Vec<_> =
        rule.backend_refs.iter().map(|it| (it.target.kind.as_str(), it.target.port, it.weight)).collect();
    assert_eq!(seen, [("Service", Some(443), 1), ("Service", Some(8443), 0)]);
    assert_eq!(
        (rule.name.as_deref(), rule.backend_refs[1].target.namespace.as_deref()),
        (Some("r"), Some("other"))
    );
    wrong(&of(""), "`spec.rules[0].backendRefs`");
    wrong(&of("{name: a}"), "Must have port for Service reference");
    wrong(&of("{name: a, port: 443, weight: 1000001}"), "`spec.rules[0].backendRefs[0].weight`");
    wrong(&of("{name: a, port: 443, filters: []}"), "filters");
    wrong("hostnames: [a.example]\nrules: [{}]", "lacks the field `backendRefs`");
    wrong("hostnames: [a.example]\nrules: []", "`spec.rules`");
    let two = "{backendRefs: [{name: a, port: 1}]}, {backendRefs: [{name: a, port: 1}]}";
    wrong(&format!("hostnames: [a.example]\nrules: [{two}]"), "`spec.rules`");
}

#[test]
fn parents() {
    let of = |parents: &str| format!("parentRefs: [{parents}]\nhostnames: [a.example]\n{RULES}");
    let found = route(&of("{name: edge, sectionName: tls}, {name: edge, sectionName: more, port: 444}"));
    let first = &found.parent_refs[0];
    assert_eq!((first.kind.as_str(), first.section_name.as_deref()), ("Gateway", Some("tls")));
    assert_eq!(found.parent_refs[1].port, Some(444));
    wrong(
        &of("{name: edge}, {name: edge, sectionName: a}"),
        "sectionName must be specified when parentRefs includes 2",
    );
    wrong(&of("{name: edge, sectionName: a}, {name: edge, sectionName: a}"), "sectionName must be unique");
}

#[test]
fn versions() {
    let text = document("TLSRoute", &format!("hostnames: [a.example]\n{RULES}"));
    refused_for(&text.replace("/v1\n", "/v1alpha2\n"), "names version v1alpha2 of TLSRoute; known here: v1");
}
