//! Connections by the names that their clients ask for.

use tradewind_routing::{FoundByName, Table, Target};

use crate::support::{built, gateway, table};

fn tls_route(name: &str, hosts: &str, backends: &str) -> String {
    format!(
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: {{name: {name}}}\nspec:\n  \
         parentRefs: [{{name: edge}}]\n  hostnames: [{hosts}]\n  rules: [{{backendRefs: [{backends}]}}]\n"
    )
}

fn to(service: &str) -> String {
    format!("{{name: {service}, port: 443}}")
}

/// What becomes of a connection, in a word.
fn found(table: &Table, port: u16, name: &str) -> String {
    let (mode, rule) = match table.find_by_name(port, name) {
        None => return "nothing".to_owned(),
        Some(FoundByName::Http) => return "http".to_owned(),
        Some(FoundByName::Passthrough(rule)) => ("on to", rule),
        Some(FoundByName::Terminate(rule)) => ("opened for", rule),
    };
    match &rule.backends[0].target {
        Target::Service(id) => format!("{mode} {}", id.service),
        Target::Broken { reason } => reason.clone(),
    }
}

const PASS: &str = "protocol: TLS, tls: {mode: Passthrough}";

#[test]
fn the_most_specific_name_counts_and_the_older_route() {
    let text = [
        gateway("edge", "default", &format!("- {{name: a, port: 443, {PASS}}}")),
        tls_route("b-wide", "'*.example'", &to("wide")),
        tls_route("c-one", "a.example", &to("one")),
        tls_route("d-late", "'*.example', a.example, more.test", &to("late")),
    ]
    .concat();
    let table = table(&text);
    assert_eq!(found(&table, 443, "a.example"), "on to one");
    assert_eq!(found(&table, 443, "b.c.example"), "on to wide");
    assert_eq!(found(&table, 443, "more.test"), "on to late");
    for name in ["example", "other.test", ""] {
        assert_eq!(found(&table, 443, name), "nothing", "{name}");
    }
    assert_eq!(found(&table, 444, "a.example"), "nothing");
    assert!(table.is_by_name(443) && table.is_secured(443) && !table.is_by_name(444));
    assert_eq!(table.ports().collect::<Vec<_>>(), [443]);
    assert_eq!(table.backends().len(), 3);
}

#[test]
fn listeners_of_one_port_are_apart() {
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: cert}\ntype: kubernetes.io/tls\nstringData: {tls.crt: a, tls.key: b}\n";
    let end = "tls: {certificateRefs: [{name: cert}]}";
    let listeners = format!(
        "- {{name: web, port: 443, protocol: HTTPS, hostname: '*.example', {end}}}\n\
         - {{name: pass, port: 443, hostname: a.example, {PASS}}}\n\
         - {{name: end, port: 443, hostname: b.example, protocol: TLS, tls: {{mode: Terminate, certificateRefs: [{{name: cert}}]}}}}\n\
         - {{name: only, port: 444, protocol: HTTPS, {end}}}"
    );
    let text = [gateway("edge", "default", &listeners), tls_route("r", "'*.example'", &to("shop"))].concat();
    let built = built(&format!("{text}{secret}"));
    let table = &built.table;
    assert_eq!(found(table, 443, "a.example"), "on to shop");
    assert_eq!(found(table, 443, "b.example"), "opened for shop");
    assert_eq!(found(table, 443, "c.example"), "http");
    assert_eq!(found(table, 443, "c.test"), "nothing");
    assert!(!table.is_by_name(444) && table.is_secured(444), "nothing there is told apart before TLS ends");
    let listeners = &built.gateways[0].listeners;
    assert!(listeners.iter().all(|one| one.is_good() && one.is_in_use()), "{listeners:#?}");
    let kinds: Vec<_> =
        listeners.iter().map(|one| (one.supported_kinds.concat(), one.attached_routes)).collect();
    let (of_http, of_tls) = ("HTTPRouteGRPCRoute".to_owned(), "TLSRoute".to_owned());
    assert_eq!(kinds, [(of_http.clone(), 0), (of_tls.clone(), 1), (of_tls, 1), (of_http, 0)]);
}

#[test]
fn backends_that_lead_nowhere() {
    let text = gateway("edge", "default", &format!("- {{name: a, port: 443, {PASS}}}"));
    let grant = "---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {name: g, namespace: other}\nspec:\n  \
                 from: [{group: gateway.networking.k8s.io, kind: TLSRoute, namespace: default}]\n  to: [{group: '', kind: Service}]\n";
    let route = tls_route("r", "a.example", "{name: shop, namespace: other, port: 443}");
    let reason = |built: &tradewind_routing::Built| built.routes[0].parents[0].conditions[1].reason;
    let refused = built(&format!("{text}{route}"));
    assert_eq!(reason(&refused), "RefNotPermitted");
    assert!(found(&refused.table, 443, "a.example").contains("no ReferenceGrant of other"));
    let granted = built(&format!("{text}{route}{grant}"));
    assert_eq!(
        (reason(&granted), found(&granted.table, 443, "a.example").as_str()),
        ("ResolvedRefs", "on to shop")
    );
    let of_http = built(&format!("{text}{route}{}", grant.replace("TLSRoute", "HTTPRoute")));
    assert_eq!(reason(&of_http), "RefNotPermitted");
}

#[test]
fn routes_attach_to_listeners_of_their_kind() {
    let http = gateway("edge", "default", "- {name: a, port: 80, protocol: HTTP}");
    let route = tls_route("r", "a.example", &to("shop"));
    let refused = built(&format!("{http}{route}"));
    assert_eq!(refused.routes[0].parents[0].conditions[0].reason, "NotAllowedByListeners");
    let elsewhere =
        gateway("edge", "default", &format!("- {{name: a, port: 443, hostname: b.example, {PASS}}}"));
    let refused = built(&format!("{elsewhere}{route}"));
    assert_eq!(refused.routes[0].parents[0].conditions[0].reason, "NoMatchingListenerHostname");
    // Nobody has to write a gateway, and the one that is there then is for HTTP.
    assert_eq!(built(&route).routes[0].parents[0].conditions[0].reason, "NotAllowedByListeners");
}
