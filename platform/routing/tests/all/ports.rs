//! Policies of listeners: what holds for the connections of a port.

use tradewind_gateway_api::policy::listener::ClientCertificateMode;
use tradewind_routing::{Built, Condition};

use crate::support::{built, gateway, policy};

const EDGE: &str = "group: gateway.networking.k8s.io, kind: Gateway, name: edge";

fn edge() -> String {
    gateway(
        "edge",
        "default",
        "- {name: a, port: 81, protocol: HTTP, hostname: a.example}\n- {name: b, port: 81, protocol: HTTP, hostname: b.example}\n\
         - {name: c, port: 82, protocol: HTTP}",
    )
}

fn streams(count: u32) -> String {
    format!("http2: {{maxConcurrentStreams: {count}}}")
}

fn found(built: &Built) -> [u32; 2] {
    [81, 82].map(|port| built.table.listener_policy(port).http2.max_concurrent_streams)
}

fn conditions<'built>(built: &'built Built, name: &str) -> &'built [Condition] {
    let status = built.policies.iter().find(|status| status.policy.name == name).expect("a status");
    &status.ancestors[0].conditions
}

#[test]
fn a_listener_before_its_gateway_by_whole_fields() {
    let whole =
        policy("ListenerPolicy", "whole", EDGE, &format!("{}\nlimits: {{maxHeaders: 50}}", streams(1)));
    let section = policy("ListenerPolicy", "section", &format!("{EDGE}, sectionName: c"), &streams(2));
    let found_built = built(&format!("{}{whole}{section}", edge()));
    assert_eq!(found(&found_built), [1, 2]);
    assert_eq!(found_built.table.listener_policy(82).limits.max_headers, 50);
    assert_eq!(
        found_built.table.listener_policy(83).limits.max_headers,
        100,
        "a port that nobody listens on"
    );
}

#[test]
fn listeners_of_one_port_share_what_is_said_of_one() {
    let of = |name: &str, section: &str, count: u32| {
        policy("ListenerPolicy", name, &format!("{EDGE}, sectionName: {section}"), &streams(count))
    };
    assert_eq!(found(&built(&format!("{}{}", edge(), of("p", "b", 3)))), [3, 100]);
    let both = built(&format!("{}{}{}", edge(), of("p", "b", 3), of("q", "a", 4)));
    assert_eq!(found(&both), [3, 100]);
    let (kept, other) = (&conditions(&both, "p")[0], &conditions(&both, "q")[0]);
    assert_eq!((kept.holds, other.holds, other.reason), (true, false, "Conflicted"));
    assert_eq!(
        other.message,
        "ListenerPolicy default/p is about another listener of the same port, and goes first"
    );
    // One policy about both does not conflict with itself.
    let targets = format!("{EDGE}, sectionName: a}}, {{{EDGE}, sectionName: b");
    let one = built(&format!("{}{}", edge(), policy("ListenerPolicy", "p", &targets, &streams(5))));
    assert_eq!(found(&one), [5, 100]);
    assert!(one.policies[0].ancestors.iter().all(|ancestor| ancestor.conditions[0].holds));
}

#[test]
fn gateways_that_share_a_port() {
    let other = gateway("other", "default", "- {name: c, port: 82, protocol: HTTP, hostname: c.example}");
    let more = gateway(
        "other",
        "default",
        "- {name: c, port: 82, protocol: HTTP, hostname: c.example}\n- {name: d, port: 84, protocol: HTTP}",
    );
    let policies = format!(
        "{}{}",
        policy("ListenerPolicy", "p", EDGE, &streams(1)),
        policy("ListenerPolicy", "q", &EDGE.replace("edge", "other"), &streams(2))
    );
    let lost = built(&format!("{}{other}{policies}", edge()));
    assert_eq!(found(&lost), [1, 1]);
    assert_eq!(conditions(&lost, "q")[0].reason, "Conflicted");
    let part = built(&format!("{}{more}{policies}", edge()));
    assert_eq!(part.table.listener_policy(84).http2.max_concurrent_streams, 2);
    let condition = &conditions(&part, "q")[0];
    assert!(condition.holds && condition.message.contains("not on port 82"), "{condition:?}");
}

#[test]
fn certificates_that_are_there_and_that_are_not() {
    let text = policy("ListenerPolicy", "p", EDGE, "clientCertificate: {caCertificateRefs: [{name: ca}]}");
    let missing = built(&format!("{}{text}", edge()));
    let resolved = &conditions(&missing, "p")[1];
    assert_eq!(
        (resolved.kind, resolved.holds, resolved.reason),
        ("ResolvedRefs", false, "InvalidCACertificateRef")
    );
    assert_eq!(resolved.message, "there is no ConfigMap ca in default");
    let certificate = missing.table.listener_policy(81).client_certificate.clone().unwrap();
    assert_eq!(certificate.mode, ClientCertificateMode::Required, "who is missing has signed nothing");
    assert_eq!(certificate.ca_certificate_refs[0].namespace.as_deref(), Some("default"));
    let map = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca}\ndata: {ca.crt: a}\n";
    let there = built(&format!("{}{map}{text}", edge()));
    assert!(conditions(&there, "p")[1].holds);
    let none = built(&format!("{}{}", edge(), policy("ListenerPolicy", "p", EDGE, &streams(1))));
    assert_eq!(conditions(&none, "p").len(), 1);
}

#[test]
fn a_policy_that_could_not_be_read_leaves_its_ports_closed() {
    let definitions = tradewind_gateway_api::Definitions::standard().unwrap();
    let wrong = policy("ListenerPolicy", "p", &format!("{EDGE}, sectionName: c"), "clientCertificat: {}");
    let mut documents = crate::support::documents(&edge());
    definitions.read("b.yaml", &wrong).refused.into_iter().for_each(|policy| documents.add_refused(policy));
    let found = tradewind_routing::Table::build(&documents, 80, &|_: &tradewind_routing::BackendId| true);
    let broken = |port: u16| found.table.listener_policy(port).broken.clone();
    assert_eq!(broken(82).as_deref(), Some("ListenerPolicy default/p could not be read"));
    assert_eq!(broken(81), None);
}
