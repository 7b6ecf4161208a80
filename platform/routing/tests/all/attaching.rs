//! Which listeners a route attaches to, and what its status says.

use tradewind_routing::{BackendId, Builder, Built, Documents, Served};

use crate::support::{PORT, built, documents, gateway, get, leads, route, rule};

fn shop(spec: &str) -> String {
    route("shop", &format!("{spec}\nrules:\n- backendRefs: [{{name: shop, port: 80}}]"))
}

/// The reason of the first condition of the route's first parent, and the reason of `ResolvedRefs`.
fn reasons(built: &Built) -> (&'static str, &'static str) {
    let conditions = &built.routes[0].parents[0].conditions;
    assert_eq!((conditions[0].kind, conditions[1].kind), ("Accepted", "ResolvedRefs"));
    (conditions[0].reason, conditions[1].reason)
}

#[test]
fn without_a_gateway_every_route_is_served() {
    for spec in ["parentRefs: [{name: whichever}]", "hostnames: [shop.example]"] {
        let built = built(&shop(spec));
        leads(&built.table, &get("/"), "shop");
        assert_eq!(reasons(&built), ("Accepted", "ResolvedRefs"));
    }
}

#[test]
fn a_route_attaches_to_the_gateway_that_it_names() {
    let text = gateway(
        "one",
        "default",
        "- {name: a, port: 81, protocol: HTTP}\n- {name: b, port: 82, protocol: HTTP}",
    );
    let ports = |spec: &str| {
        let built = built(&format!("{text}{}", shop(spec)));
        [81, 82].map(|port| get("/").port(port).to(&built.table).is_some())
    };
    assert_eq!(ports("parentRefs: [{name: one}]"), [true, true]);
    assert_eq!(ports("parentRefs: [{name: one, sectionName: b}]"), [false, true]);
    assert_eq!(ports("parentRefs: [{name: one, port: 81}]"), [true, false]);
    assert_eq!(ports("parentRefs: [{name: one, sectionName: a, port: 82}]"), [false, false]);
    assert_eq!(ports("parentRefs: [{name: two}]"), [false, false]);
    assert_eq!(ports("parentRefs: [{name: one, kind: Service, group: ''}]"), [false, false]);
    assert_eq!(
        ports("hostnames: [shop.example]"),
        [false, false],
        "a route without a parent attaches to none"
    );
    let none = built(&format!("{text}{}", shop("parentRefs: [{name: one, sectionName: c}]")));
    assert_eq!(reasons(&none).0, "NoMatchingParent");
    let other = built(&format!("{text}{}", shop("parentRefs: [{name: two}]")));
    assert!(other.routes.is_empty(), "of the gateways of others nothing is said");
}

#[test]
fn gateways_of_other_classes_are_left_alone() {
    let class = |name: &str, controller: &str| {
        format!(
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {{name: {name}}}\nspec: {{controllerName: {controller}}}\n"
        )
    };
    let text = format!(
        "{}{}",
        gateway("one", "default", "- {name: a, port: 81, protocol: HTTP}"),
        shop("parentRefs: [{name: one}]")
    );
    let served = |more: &str, class: &str| {
        let text = text.replace("gatewayClassName: tradewind", &format!("gatewayClassName: {class}"));
        built(&format!("{text}{more}")).gateways.len()
    };
    assert_eq!(served("", "tradewind"), 1);
    assert_eq!(served("", "other"), 0);
    assert_eq!(served(&class("edge", "tradewind.dev/gateway"), "edge"), 1);
    assert_eq!(served(&class("tradewind", "example.com/other"), "tradewind"), 0);
}

#[test]
fn namespaces_that_may_attach() {
    let listener = |from: &str| {
        format!("- {{name: a, port: 81, protocol: HTTP, allowedRoutes: {{namespaces: {from}}}}}")
    };
    let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {team: shop}}\n";
    let reason = |from: &str, namespace_of_gateway: &str| {
        let gateway = gateway("one", namespace_of_gateway, &listener(from));
        let spec = format!("parentRefs: [{{name: one, namespace: {namespace_of_gateway}}}]");
        reasons(&built(&format!("{gateway}{namespace}{}", shop(&spec)))).0
    };
    assert_eq!(reason("{from: Same}", "default"), "Accepted");
    assert_eq!(reason("{from: Same}", "edge"), "NotAllowedByListeners");
    assert_eq!(reason("{from: All}", "edge"), "Accepted");
    assert_eq!(reason("{from: Selector, selector: {matchLabels: {team: shop}}}", "edge"), "Accepted");
    assert_eq!(
        reason("{from: Selector, selector: {matchLabels: {team: other}}}", "edge"),
        "NotAllowedByListeners"
    );
    assert_eq!(reason("{from: Selector}", "edge"), "NotAllowedByListeners");
}

#[test]
fn kinds_that_may_attach() {
    let text = |kinds: &str| {
        let listener =
            format!("- {{name: a, port: 81, protocol: HTTP, allowedRoutes: {{kinds: [{kinds}]}}}}");
        built(&format!("{}{}", gateway("one", "default", &listener), shop("parentRefs: [{name: one}]")))
    };
    assert_eq!(reasons(&text("{kind: HTTPRoute}")).0, "Accepted");
    let grpc = text("{kind: GRPCRoute}");
    assert_eq!(reasons(&grpc).0, "NotAllowedByListeners");
    assert_eq!(grpc.gateways[0].listeners[0].supported_kinds, ["GRPCRoute"]);
    let unknown = text("{kind: HTTPRoute}, {kind: TCPRoute}");
    let listener = &unknown.gateways[0].listeners[0];
    assert_eq!((listener.conditions[1].reason, listener.attached_routes), ("InvalidRouteKinds", 1));
    assert_eq!(unknown.gateways[0].conditions[0].reason, "ListenersNotValid");
}

#[test]
fn hosts_of_listener_and_route() {
    let listeners = "- {name: a, port: 81, protocol: HTTP, hostname: '*.example'}";
    let with = |hosts: &str| {
        built(&format!(
            "{}{}",
            gateway("one", "default", listeners),
            shop(&format!("parentRefs: [{{name: one}}]\n{hosts}"))
        ))
    };
    let wide = with("");
    leads(&wide.table, &get("/").port(81).host("a.example"), "shop");
    leads(&wide.table, &get("/").port(81).host("example"), "");
    let narrow = with("hostnames: [a.example, b.other]");
    leads(&narrow.table, &get("/").port(81).host("a.example"), "shop");
    leads(&narrow.table, &get("/").port(81).host("b.example"), "");
    leads(&narrow.table, &get("/").port(81).host("b.other"), "");
    assert_eq!(reasons(&with("hostnames: [b.other]")).0, "NoMatchingListenerHostname");
}

#[test]
fn listeners_of_one_port_are_apart_from_each_other() {
    let listeners = "- {name: wide, port: 81, protocol: HTTP, hostname: '*.example'}\n- {name: exact, port: 81, protocol: HTTP, hostname: a.example}";
    let on = |name: &str, section: &str, path: &str| {
        let rules = rule(&format!("{{path: {{value: {path}}}}}"), name);
        route(name, &format!("parentRefs: [{{name: one, sectionName: {section}}}]\nrules:\n{rules}"))
    };
    let text =
        format!("{}{}{}", gateway("one", "default", listeners), on("w", "wide", "/"), on("e", "exact", "/e"));
    let built = built(&text);
    leads(&built.table, &get("/e").port(81).host("a.example"), "e");
    leads(&built.table, &get("/x").port(81).host("a.example"), "");
    leads(&built.table, &get("/x").port(81).host("b.example"), "w");
    let attached: Vec<usize> =
        built.gateways[0].listeners.iter().map(|listener| listener.attached_routes).collect();
    assert_eq!(attached, [1, 1]);
}

#[test]
fn protocols_that_are_not_spoken_are_said_so() {
    let built = built(&gateway(
        "one",
        "default",
        "- {name: a, port: 81, protocol: UDP}\n- {name: b, port: 82, protocol: HTTP}",
    ));
    let reasons: Vec<&str> =
        built.gateways[0].listeners.iter().map(|listener| listener.conditions[0].reason).collect();
    assert_eq!(reasons, ["UnsupportedProtocol", "Accepted"]);
}

#[test]
fn a_second_document_of_a_name_is_refused_with_both_places() {
    let text = shop("");
    let reading = tradewind_gateway_api::Definitions::standard().unwrap().read("b.yaml", &text);
    let mut all: Documents = documents(&text);
    let error = all.add(reading.documents[0].clone()).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "b.yaml:4:18: `metadata.name` is that of a HTTPRoute which is already declared at a.yaml:4:18"
        ),
        "{error}"
    );
    assert_eq!(all.iter().count(), 1);
}

#[test]
fn in_a_cluster_a_class_has_to_be_declared_and_name_the_controller() {
    let served = Served::OfClass { name: "tradewind".to_owned(), controller: "example.com/ours".to_owned() };
    let gateways = |text: &str| {
        let mut builder = Builder::default().serving(served.clone());
        let first = builder.build(&documents(text), PORT, &|_: &BackendId| true);
        // What is served does not change with what is around it.
        let again = builder.build(&documents(text), PORT, &|_: &BackendId| true);
        assert_eq!(first.gateways, again.gateways);
        first.gateways.len()
    };
    let class = |name: &str, controller: &str| {
        format!(
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {{name: {name}}}\nspec: {{controllerName: {controller}}}\n"
        )
    };
    let door = gateway("door", "edge", "- {name: a, port: 81, protocol: HTTP}");
    assert_eq!(gateways(&format!("{}{door}", class("tradewind", "example.com/ours"))), 1);
    assert_eq!(gateways(&format!("{}{door}", class("tradewind", "tradewind.dev/gateway"))), 0);
    assert_eq!(gateways(&format!("{}{door}", class("other", "example.com/ours"))), 0);
    assert_eq!(gateways(&door), 0, "a class that nobody declared is nobody's");
    assert_eq!(
        gateways(&shop("parentRefs: [{name: whichever}]")),
        0,
        "there is no gateway that nobody wrote"
    );
}
