//! What the statuses of listeners and gateways say, in the words of the specification.

use tradewind_routing::{Built, GatewayStatus, ListenerStatus};

use crate::support::{built, gateway, get, leads, route, rule};

fn edge(listeners: &str) -> Built {
    built(&format!("{}{}{SECRETS}", gateway("edge", "default", listeners), shop()))
}

fn shop() -> String {
    route(
        "shop",
        &format!("parentRefs: [{{name: edge}}]\nrules:\n{}", rule("", "shop").replace("matches: [], ", "")),
    )
}

const SECRETS: &str = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: cert}\ntype: kubernetes.io/tls\nstringData: {tls.crt: a, tls.key: b}\n\
    ---\napiVersion: v1\nkind: Secret\nmetadata: {name: other, namespace: other}\ntype: kubernetes.io/tls\nstringData: {tls.crt: a, tls.key: b}\n\
    ---\napiVersion: v1\nkind: Secret\nmetadata: {name: opaque}\ntype: Opaque\nstringData: {tls.crt: a, tls.key: b}\n\
    ---\napiVersion: v1\nkind: Secret\nmetadata: {name: half}\ntype: kubernetes.io/tls\nstringData: {tls.crt: a}\n";

/// The reasons of a listener, by kind.
fn reason(listener: &ListenerStatus, kind: &str) -> (bool, &'static str) {
    let found = listener.conditions.iter().find(|condition| condition.kind == kind).unwrap();
    (found.holds, found.reason)
}

fn of_gateway(gateway: &GatewayStatus) -> [(bool, &'static str); 2] {
    [0, 1].map(|index| (gateway.conditions[index].holds, gateway.conditions[index].reason))
}

#[test]
fn a_listener_that_is_as_it_should_be() {
    let built = edge("- {name: a, port: 80, protocol: HTTP}");
    let listener = &built.gateways[0].listeners[0];
    assert_eq!(reason(listener, "Accepted"), (true, "Accepted"));
    assert_eq!(reason(listener, "ResolvedRefs"), (true, "ResolvedRefs"));
    assert_eq!(reason(listener, "Programmed"), (true, "Programmed"));
    assert_eq!(reason(listener, "Conflicted"), (false, "NoConflicts"));
    assert_eq!((listener.attached_routes, listener.is_good()), (1, true));
    assert_eq!(of_gateway(&built.gateways[0]), [(true, "Accepted"), (true, "Programmed")]);
}

#[test]
fn one_port_has_one_protocol() {
    let built = edge(
        "- {name: a, port: 80, protocol: HTTP}\n- {name: b, port: 80, protocol: HTTPS, tls: {certificateRefs: [{name: cert}]}}\n\
         - {name: c, port: 81, protocol: HTTP}",
    );
    let gateway = &built.gateways[0];
    for listener in &gateway.listeners[..2] {
        assert_eq!(reason(listener, "Conflicted"), (true, "ProtocolConflict"));
        assert_eq!(reason(listener, "Accepted"), (false, "ProtocolConflict"));
        assert_eq!(reason(listener, "Programmed"), (false, "Invalid"));
        assert_eq!(listener.attached_routes, 1, "attachment does not depend on it");
    }
    assert!(gateway.listeners[2].is_good());
    assert_eq!(of_gateway(gateway), [(true, "ListenersNotValid"), (true, "Programmed")]);
    assert!(gateway.conditions[0].message.contains("a, b"), "{:?}", gateway.conditions[0]);
    assert_eq!(built.table.ports().collect::<Vec<_>>(), [81]);
    leads(&built.table, &get("/").port(81), "shop");
    leads(&built.table, &get("/").port(80), "");
}

#[test]
fn one_host_of_a_port_has_one_listener() {
    let other = gateway("other", "default", "- {name: c, port: 80, protocol: HTTP, hostname: a.example}");
    let text = gateway(
        "edge",
        "default",
        "- {name: a, port: 80, protocol: HTTP, hostname: a.example}\n- {name: b, port: 80, protocol: HTTP, hostname: b.example}",
    );
    let built = built(&format!("{text}{other}{}", shop()));
    let [edge, other] = &built.gateways[..] else { panic!() };
    assert_eq!(reason(&edge.listeners[0], "Conflicted"), (true, "HostnameConflict"));
    assert_eq!(reason(&other.listeners[0], "Conflicted"), (true, "HostnameConflict"));
    let message = &other.listeners[0].conditions[3].message;
    assert!(message.contains("a of default/edge"), "{message}");
    assert!(edge.listeners[1].is_good());
    assert_eq!(of_gateway(other), [(false, "ListenersNotValid"), (false, "Invalid")]);
    leads(&built.table, &get("/").port(80).host("b.example"), "shop");
    leads(&built.table, &get("/").port(80).host("a.example"), "");
}

#[test]
fn one_host_of_a_port_is_for_http_within_tls_or_for_all_else() {
    let both = edge(
        "- {name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: cert}]}}\n\
         - {name: b, port: 443, protocol: TLS, tls: {mode: Passthrough}}",
    );
    let listeners = &both.gateways[0].listeners;
    assert!(listeners.iter().all(|one| reason(one, "Conflicted") == (true, "ProtocolConflict")));
    assert_eq!(both.table.ports().count(), 0);
}

#[test]
fn what_is_not_spoken_here_is_in_nobodys_way() {
    let built = edge("- {name: a, port: 80, protocol: TCP}\n- {name: b, port: 80, protocol: HTTP}");
    let listeners = &built.gateways[0].listeners;
    assert_eq!(reason(&listeners[0], "Accepted"), (false, "UnsupportedProtocol"));
    assert_eq!(reason(&listeners[0], "Programmed"), (false, "Invalid"));
    assert!(listeners[0].supported_kinds.is_empty() && listeners[1].is_good());
}

#[test]
fn certificates_that_a_listener_names() {
    let resolved = |tls: &str| {
        let built = edge(&format!("- {{name: a, port: 443, protocol: HTTPS, tls: {{{tls}}}}}"));
        let listener = &built.gateways[0].listeners[0];
        assert_eq!(reason(listener, "Programmed").0, reason(listener, "ResolvedRefs").0);
        reason(listener, "ResolvedRefs")
    };
    assert_eq!(resolved("certificateRefs: [{name: cert}]"), (true, "ResolvedRefs"));
    for wrong in [
        "certificateRefs: [{name: nobody}]",
        "certificateRefs: [{name: cert}, {name: nobody}]",
        "certificateRefs: [{name: cert, kind: ConfigMap}]",
        "certificateRefs: [{name: cert, group: example.com}]",
        "certificateRefs: [{name: opaque}]",
        "certificateRefs: [{name: half}]",
        "options: {example.com/a: b}",
    ] {
        assert_eq!(resolved(wrong), (false, "InvalidCertificateRef"), "{wrong}");
    }
    assert_eq!(resolved("certificateRefs: [{name: other, namespace: other}]"), (false, "RefNotPermitted"));
    let grant = |kind: &str| {
        format!(
            "---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {{name: g, namespace: other}}\n\
             spec:\n  from: [{{group: gateway.networking.k8s.io, kind: {kind}, namespace: default}}]\n  to: [{{group: '', kind: Secret, name: other}}]\n"
        )
    };
    let listener =
        "- {name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: other, namespace: other}]}}";
    let of = |kind: &str| {
        let built = built(&format!("{}{SECRETS}{}", gateway("edge", "default", listener), grant(kind)));
        reason(&built.gateways[0].listeners[0], "ResolvedRefs").1
    };
    assert_eq!((of("Gateway"), of("HTTPRoute")), ("ResolvedRefs", "RefNotPermitted"));
}

#[test]
fn kinds_of_routes_that_a_listener_allows() {
    let of = |kinds: &str| {
        let built =
            edge(&format!("- {{name: a, port: 80, protocol: HTTP, allowedRoutes: {{kinds: [{kinds}]}}}}"));
        let listener = &built.gateways[0].listeners[0];
        (
            reason(listener, "ResolvedRefs"),
            listener.supported_kinds.concat(),
            reason(listener, "Programmed").0,
        )
    };
    assert_eq!(of("{kind: HTTPRoute}"), ((true, "ResolvedRefs"), "HTTPRoute".to_owned(), true));
    let wrong = (false, "InvalidRouteKinds");
    assert_eq!(of("{kind: HTTPRoute}, {kind: TLSRoute}"), (wrong, "HTTPRoute".to_owned(), true));
    assert_eq!(of("{kind: TCPRoute}"), (wrong, String::new(), false));
    assert_eq!(of("{kind: HTTPRoute, group: example.com}"), (wrong, String::new(), false));
}

#[test]
fn a_route_counts_once_at_a_listener() {
    let text = gateway("edge", "default", "- {name: a, port: 80, protocol: HTTP}");
    let twice = shop()
        .replace("[{name: edge}]", "[{name: edge, sectionName: a}, {name: edge, sectionName: a, port: 80}]");
    let built = built(&format!(
        "{text}{}",
        twice.replace("{name: edge, sectionName: a, port: 80}", "{name: edge, sectionName: b, port: 80}")
    ));
    assert_eq!(built.gateways[0].listeners[0].attached_routes, 1);
}

#[test]
fn what_is_found_out_later_closes_a_listener() {
    let mut built = edge("- {name: a, port: 80, protocol: HTTP}\n- {name: b, port: 81, protocol: HTTP}");
    let gateway = &mut built.gateways[0];
    gateway.close("a", "Accepted", "PortUnavailable", "the port is in use");
    assert_eq!(reason(&gateway.listeners[0], "Accepted"), (false, "PortUnavailable"));
    assert_eq!(reason(&gateway.listeners[0], "Programmed"), (false, "Invalid"));
    assert_eq!(of_gateway(gateway), [(true, "ListenersNotValid"), (true, "Programmed")]);
    gateway.close("b", "ResolvedRefs", "InvalidCertificateRef", "it cannot be read");
    assert_eq!(of_gateway(gateway), [(false, "ListenersNotValid"), (false, "Invalid")]);
    gateway.close("b", "ResolvedRefs", "RefNotPermitted", "too late");
    assert_eq!(reason(&gateway.listeners[1], "ResolvedRefs").1, "InvalidCertificateRef");
}
